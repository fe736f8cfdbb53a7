#include "config/experiment.hpp"

#include <span>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include "config/configuration.hpp"
#include "config/parse_data.hpp"
#include "config/settings.hpp"
#include "failure.hpp"
#include "scratch.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(load_data_tests)

using config::Experiment;
using config::load_data;
using config::Options;

namespace {

/// Sixty rows of three features in two classes, the first feature far from the others.
std::string table(bool with_test_rows = false) {
    std::string text = "near,far,more,kind\n";
    for (int row = 0; row < (with_test_rows ? 30 : 60); ++row) {
        text += fmt::format("{},{},{},{}\n", row % 7, 1000 + row * row % 11, -row % 5, row % 3 == 0 ? 7 : 5);
    }
    return text;
}

Options options_for(const std::string& data) {
    Options options;
    options.data = data;
    options.nets = {"dense(4) relu"};
    return options;
}

/// The content of a .npy file.
std::string npy(const std::string& type, const std::string& shape, std::span<const std::byte> values) {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize(117, ' ');  // the values begin at byte 128
    return std::string("\x93NUMPY\1\0\x76\0", 10) + header + '\n' +
           std::string(reinterpret_cast<const char*>(values.data()), values.size());
}

std::string refusal(const Options& options) {
    return usage_error([&] { static_cast<void>(Experiment(options, load_data(options))); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(tables_are_standardised_by_the_rows_that_are_trained_on) {
    const Scratch scratch;
    Options options = options_for(scratch.write("t.csv", table()));
    options.train_limit = 20;
    options.preprocessing.standardize = data::Standardize::features;
    const Experiment experiment(options, load_data(options));
    const auto train = experiment.member(0).problem.train;
    BOOST_TEST(train.size() == 20U);
    std::vector<float> values(20 * 3);
    train.table->gather(train.rows, values.data(), 3);
    for (std::size_t feature = 0; feature < 3; ++feature) {
        double sum = 0;
        double squares = 0;
        for (std::size_t row = 0; row < 20; ++row) {
            sum += values[3 * row + feature];
            squares += values[3 * row + feature] * values[3 * row + feature];
        }
        BOOST_TEST(std::abs(sum) < 1e-4);
        BOOST_TEST(std::abs(squares - 20) < 1e-4);
    }
    BOOST_TEST((experiment.options().task == task::Kind::classification));
    BOOST_TEST((experiment.source().class_names == std::vector<std::string>{"5", "7"}));
}

BOOST_AUTO_TEST_CASE(a_member_does_not_depend_on_where_its_data_lie_but_on_what_is_done_to_them) {
    const Scratch scratch;
    Options options = options_for(scratch.write("t.csv", table()));
    options.test = scratch.write("test.csv", table(true));
    const auto digest = [](const Options& o) { return Experiment(o, load_data(o)).digest(); };
    const std::string first = digest(options);
    Options moved = options;
    moved.data = scratch.write("other.csv", table());
    moved.test = scratch.write("else.csv", table(true));
    moved.target = "kind";
    BOOST_TEST(digest(moved) == first);
    const auto changed = [&](auto change) {
        Options other = options;
        change(other);
        return digest(other) != first;
    };
    BOOST_TEST(changed([](Options& o) { o.preprocessing.standardize = data::Standardize::none; }));
    BOOST_TEST(changed([](Options& o) { config::parse_reduction(o.preprocessing, "pca:2"); }));
    BOOST_TEST(changed([](Options& o) { config::parse_reduction(o.preprocessing, "variance:2"); }));
    BOOST_TEST(changed([](Options& o) { o.preprocessing.sequence = data::Sequence{3, 1}; }));
    BOOST_TEST(changed([](Options& o) {
        o.target = std::string("1");
        o.task = task::Kind::classification;
    }));
    Options images = options_for("digits:train=40,test=10");
    const std::string plain = digest(images);
    images.augmentation.shift = 2;
    BOOST_TEST(digest(images) != plain);
}

BOOST_AUTO_TEST_CASE(columns_are_left_out_and_first_lines_called_headers_by_options) {
    const Scratch scratch;
    Options options = options_for(scratch.write("t.csv", table()));
    const auto set = [&](const char* name, const char* value) { config::find_setting(name)->set(options, value); };
    const auto shape = [&] { return Experiment(options, load_data(options)).networks().front().input(); };
    set("encoding", "plain");
    set("ignore", "near,2");
    BOOST_TEST((shape() == core::Shape{1}));
    BOOST_TEST(contains(config::to_toml(options), "\nignore = 'near,2'\n"));
    BOOST_TEST(!contains(config::to_toml(options), "\nheader"));
    set("header", "yes");
    BOOST_TEST((shape() == core::Shape{1}));
    BOOST_TEST(contains(config::to_toml(options), "\nheader = 'yes'\n"));
    set("header", "no");
    BOOST_TEST(contains(refusal(options), "'near' names a column, but with --header no"));
    BOOST_TEST(contains(usage_error([&] { set("ignore", "near,,2"); }), "a name or number is missing"));
    BOOST_TEST(contains(usage_error([&] { set("header", "maybe"); }), "maybe"));
}

BOOST_AUTO_TEST_CASE(sequences_and_components_reach_the_network) {
    const Scratch scratch;
    Options options = options_for(scratch.write("t.csv", table()));
    options.preprocessing.sequence = data::Sequence{3, 1};
    BOOST_TEST((Experiment(options, load_data(options)).networks().front().input() == core::Shape{3, 1}));
    options.preprocessing = {};
    config::parse_reduction(options.preprocessing, "pca:2");
    const Experiment experiment(options, load_data(options));
    BOOST_TEST((experiment.networks().front().input() == core::Shape{2}));
    Options digits = options_for("digits:train=200,test=20");
    config::parse_reduction(digits.preprocessing, "variance:100");
    BOOST_TEST((Experiment(digits, load_data(digits)).networks().front().input() == core::Shape{100}));
}

BOOST_AUTO_TEST_CASE(images_are_what_is_distorted_or_what_windows_slide_over) {
    const Scratch scratch;
    std::vector<float> pixels(40 * 6 * 6);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i % 7);
    std::vector<std::int32_t> labels(40);
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 2);
    Options floats = options_for(scratch.write("x.npy", npy("<f4", "(40, 6, 6)", std::as_bytes(std::span(pixels)))));
    floats.target = scratch.write("y.npy", npy("<i4", "(40,)", std::as_bytes(std::span(labels))));
    const auto background = [&](const char* net, double shift) {
        floats.nets = {net};
        floats.augmentation.shift = shift;
        return Experiment(floats, load_data(floats)).member(0).problem.background;
    };
    BOOST_TEST(background("conv(2, 3)", 0) < -1);  // all pixels together, so that a 0 has become something else
    BOOST_TEST(background("flatten", 1) < -1);
    BOOST_TEST(background("gru(4)", 0) == 0);  // column by column
    Options options = options_for("digits:train=60,test=20");
    options.augmentation.flip = 0.5;
    for (const auto standardize : {data::Standardize::features, data::Standardize::channels}) {
        options.preprocessing.standardize = standardize;
        BOOST_TEST(refusal(options).find("--standardize all or none") != std::string::npos);
    }
    BOOST_TEST(model::convolves("skip[ split[ dense(3) | conv(3, 3) ] ]"));
    BOOST_TEST(model::convolves("lenet5"));
    BOOST_TEST(!model::convolves("gru(4) dense(3) batchnorm"));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
    const Scratch scratch;
    const Options options = options_for(scratch.write("t.csv", table()));
    Options regression = options;
    regression.task = task::Kind::regression;
    regression.target = "far";
    regression.combine = "vote";
    BOOST_TEST(contains(refusal(regression), "--combine vote: is none for regression, which has: mixture"));
    regression.combine.clear();
    regression.loss = "cross-entropy";
    BOOST_TEST(
        contains(refusal(regression), "--loss cross-entropy: is none for regression, which has: gaussian squared"));
    regression.loss.clear();
    regression.training.label_smoothing = 0.1;
    BOOST_TEST(contains(refusal(regression), "--label-smoothing softens class labels"));
    Options squared = options;
    squared.loss = "squared";
    BOOST_TEST(contains(refusal(squared), "--loss squared: is none for classification, which has: cross-entropy"));

    Options flat = options;
    flat.augmentation.shift = 2;
    BOOST_TEST(contains(refusal(flat), "--augment shift:2: distorts images, but a row of"));
    BOOST_TEST(contains(refusal(flat), "is a list of 3; leave it out"));
    flat.preprocessing.sequence = data::Sequence{3, 1};
    BOOST_TEST(contains(refusal(flat), "is a sequence; leave it out"));
    Options reduced = options_for("digits:train=40,test=10");
    reduced.augmentation.rotate = 5;
    config::parse_reduction(reduced.preprocessing, "pca:5");
    BOOST_TEST(contains(refusal(reduced), "--augment rotate:5"));

    Options both = options;
    both.test = options.data;
    both.test_fraction = 0.5;
    BOOST_TEST(contains(refusal(both), "--test-fraction 0.5: has no effect beside --test"));
}

BOOST_AUTO_TEST_SUITE_END()
