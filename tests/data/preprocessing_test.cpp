#include "data/preprocessing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "core/contract.hpp"
#include "core/random.hpp"
#include "data/failure.hpp"
#include "data/generator.hpp"
#include "data/pipeline.hpp"
#include "data/source.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(preprocessing_tests)

namespace {

using core::Failure;
using data::preprocess;
using data::Preprocessing;
using data::Reduction;
using data::Source;
using data::Standardize;
using data::Table;
using testing::failure;
using Rows = std::vector<std::uint32_t>;

Rows first_rows(std::size_t count) {
    Rows rows(count);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

template <class Stored>
Table table(const core::Shape& shape, data::Element element, std::vector<Stored> values) {
    const std::size_t rows = values.size() / shape.elements();
    return {{.element = element, .shape = shape, .rows = rows, .outputs = 2},
            data::share(core::Buffer<Stored>(values.begin(), values.end())),
            data::share(core::Buffer<std::int32_t>(rows, 1))};
}

Source doubles(const core::Shape& shape, std::vector<double> values) {
    return {.name = "t.csv",
            .sha256 = "digest",
            .train = table(shape, data::Element::f64, std::move(values)),
            .test = {},
            .arbitrary_units = true};
}

/// As the network sees them.
std::vector<float> values(const Table& from) {
    std::vector<float> made(from.rows() * from.shape().elements());
    from.gather(first_rows(from.rows()), made.data(), from.shape().elements());
    return made;
}

Source noise(std::size_t rows, std::size_t features) {
    core::RandomStream random({.seed = 9});
    std::vector<double> made(rows * features);
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<double>(i % features) * random.normal() + 5;
    return doubles({features}, made);
}

template <class... Words>
void check_refused(const Source& source, const Preprocessing& preprocessing, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(preprocess(source, first_rows(source.train.rows()), preprocessing)),
                          core::Error, failure(Failure::usage, words...));
}

}  // namespace

BOOST_AUTO_TEST_CASE(tables_get_mean_0_and_deviation_1_of_the_training_rows) {
    Source source = doubles({2}, {1, 10, 3, 30, 100, 100});
    source.test = table<double>({2}, data::Element::f64, {2, 20, 5, 10});
    const Source prepared = preprocess(source, Rows{0, 1}, {});
    // Mean 2 and 20, deviation 1 and 10, of the first two rows alone.
    BOOST_TEST(values(prepared.train) == (std::vector<float>{-1, -1, 1, 1, 98, 8}), boost::test_tools::per_element());
    BOOST_TEST(values(*prepared.test) == (std::vector<float>{0, 0, 3, -1}), boost::test_tools::per_element());
    BOOST_TEST((prepared.train.description().element == data::Element::f32));
    BOOST_TEST(prepared.sha256 == "digest");
    BOOST_TEST(prepared.train.labels()[2] == 1);
    BOOST_TEST(!prepared.arbitrary_units);
    BOOST_TEST((prepared.train.shape() == core::Shape{2}));
}

BOOST_AUTO_TEST_CASE(constant_features_become_0) {
    const Source source = doubles({2}, {0.1, 1, 0.1, 2, 0.1, 3, 7, 4});
    const auto prepared = values(preprocess(source, Rows{0, 1, 2}, {}).train);
    for (const std::size_t row : {0U, 1U, 2U, 3U}) BOOST_TEST(prepared[2 * row] == 0.0F);
    BOOST_TEST(prepared[5] > 1.0F);
}

BOOST_AUTO_TEST_CASE(features_that_are_constant_up_to_rounding_become_0) {
    const Source source = doubles({2}, {14.62, 1, 14.620000000000001, 2, 14.619999999999999, 3, 14.63, 4});
    for (const auto standardize : {Standardize::features, Standardize::channels}) {
        const auto prepared = values(preprocess(source, Rows{0, 1, 2}, {.standardize = standardize}).train);
        for (const std::size_t row : {0U, 1U, 2U, 3U}) BOOST_TEST(prepared[2 * row] == 0.0F);
        BOOST_TEST(prepared[5] > 1.0F);
    }
    const auto flat = preprocess(doubles({2, 1}, {0.3, 0.1 + 0.2, 0.3, 0.3, 0.4, 0.3}), Rows{0, 1}, {.images = true});
    for (const float value : values(flat.train)) BOOST_TEST(value == 0.0F);
    // A component of nothing but rounding is none.
    const Source pair = doubles({2}, {1e-200, 5, 1.0000000000000002e-200, 6, 1e-200, 8});
    const auto component = values(preprocess(pair, Rows{0, 1, 2}, {.reduction = Reduction::pca, .keep = 2}).train);
    for (const std::size_t row : {0U, 1U, 2U}) BOOST_TEST(component[2 * row + 1] == 0.0F);
}

BOOST_AUTO_TEST_CASE(columns_whose_squares_are_no_numbers_keep_what_they_hold) {
    const auto usual = values(preprocess(doubles({1}, {1, 2, 4, 9}), first_rows(3), {}).train);
    for (const double scale : {1e200, 1e-200, 1e307, 1e-310, -1e180}) {
        Source source = doubles({1}, {scale, 2 * scale, 4 * scale, 9 * scale});
        const auto made = values(preprocess(source, first_rows(3), {}).train);
        for (std::size_t i = 0; i < 4; ++i)
            BOOST_TEST(std::abs(made[i] - std::copysign(usual[i], usual[i] * scale)) < 1e-5F);
    }
    // By variance, the larger of two columns that are both too large to be squared.
    const Source large = doubles({2}, {1e200, 1e300, 2e200, 2e300, 3e200, 3e300});
    const auto chosen = preprocess(large, first_rows(3), {.reduction = Reduction::variance, .keep = 1});
    BOOST_TEST(std::abs(values(chosen.train)[0] + std::sqrt(1.5F)) < 1e-6F);
    const auto components = values(preprocess(large, first_rows(3), {.reduction = Reduction::pca, .keep = 1}).train);
    BOOST_TEST(std::abs(std::abs(components[0]) - std::sqrt(3.0F)) < 1e-5F);
}

BOOST_AUTO_TEST_CASE(marks_that_leave_no_room_for_measurements_are_refused_by_column_and_row) {
    std::vector<double> made(80);
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = std::sin(static_cast<double>(i));
    const auto refused = [&](const Preprocessing& preprocessing, auto... words) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(preprocess(doubles({2}, made), first_rows(40), preprocessing)),
                              core::Error, failure(Failure::data, words...));
    };
    for (const double mark : {1.7976931348623157e308, 9.96921e36, -1e30, 1e20}) {
        for (const std::size_t marks : {1U, 3U}) {
            auto before = made;
            for (std::size_t i = 0; i < marks; ++i) made[21 + 8 * i] = mark;
            refused({}, "t.csv, column 2: beside", "in row 10 (counted from 0)", "missing value");
            refused({.reduction = Reduction::pca, .keep = 1}, "column 2: beside");
            made = before;
        }
    }
    made[21] = 1e5;  // far away, and no more than that
    BOOST_CHECK_NO_THROW(static_cast<void>(preprocess(doubles({2}, made), first_rows(40), {})));
    for (std::size_t i = 1; i < made.size(); i += 2) made[i] *= 1e-300;
    refused({.standardize = Standardize::none}, "column 2", "too small for single precision", "--standardize features");
}

BOOST_AUTO_TEST_CASE(values_far_from_the_training_rows_are_told) {
    Source source = doubles({2}, {1, 10, 3, 30, 2, 10});
    source.test = table<double>({2}, data::Element::f64, {2, 20, 2, -1e9, 3, 1e8});
    BOOST_TEST(preprocess(source, Rows{0, 1}, {}).notes.size() == 1U);
    const std::string note = preprocess(source, Rows{0, 1}, {}).notes.front();
    for (const char* words :
         {"t.csv: test row 1 (counted from 0), column 2 has -1000000000, 1e+08 standard deviations"})
        BOOST_TEST(note.find(words) != std::string::npos, note);
    source.test = table<double>({2}, data::Element::f64, {2, 1e300});
    for (const Preprocessing& preprocessing :
         {Preprocessing{}, Preprocessing{.reduction = Reduction::pca, .keep = 1}}) {
        BOOST_CHECK_EXCEPTION(static_cast<void>(preprocess(source, Rows{0, 1}, preprocessing)), core::Error,
                              failure(Failure::data, "test row 0", "column 2 has 1e+300", "too large for single"));
    }
    BOOST_TEST(preprocess(doubles({1}, {1e7, 2e7}), Rows{0}, {.standardize = Standardize::none}).notes.empty());
}

BOOST_AUTO_TEST_CASE(features_that_vary_by_rounding_alone_are_told) {
    const Source source = doubles({2}, {1, 14.62, 2, 14.620000000000001, 3, 14.62});
    const Source made = preprocess(source, first_rows(3), {.standardize = Standardize::features});
    BOOST_TEST_REQUIRE(made.notes.size() == 1U);
    BOOST_TEST(made.notes.front().find("t.csv: the values of column 2 differ by no more than rounding") == 0U,
               made.notes.front());
    BOOST_TEST(preprocess(doubles({2}, {1, 5, 2, 5, 3, 5}), first_rows(3), {}).notes.empty());
}

BOOST_AUTO_TEST_CASE(numbers_that_become_one_in_single_precision_are_told) {
    std::vector<double> made(40);
    for (std::size_t i = 0; i < made.size(); ++i) {
        made[i] = i % 4 == 1 ? made[i - 1] + 1e-3 : 1e8 * std::sin(static_cast<double>(i));
    }
    const std::vector<std::string> notes = preprocess(doubles({1}, made), first_rows(40), {}).notes;
    BOOST_REQUIRE_EQUAL(notes.size(), 1U);
    BOOST_TEST(notes[0].find("t.csv, column 1: 26 % of its numbers differ") != std::string::npos, notes[0]);
    for (std::size_t i = 1; i < made.size(); i += 4) made[i] += 1e4;
    BOOST_TEST(preprocess(doubles({1}, made), first_rows(40), {}).notes.empty());
}

BOOST_AUTO_TEST_CASE(small_differences_of_large_numbers_survive) {
    const auto prepared = values(preprocess(doubles({1}, {1.6e9, 1.6e9 + 1, 1.6e9 + 2}), first_rows(3), {}).train);
    const float root = std::sqrt(1.5F);
    BOOST_TEST(prepared == (std::vector<float>{-root, 0, root}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sequences_and_images_are_standardised_along_their_last_axis) {
    // Two steps of two features: of 0, 2, 4, 6 mean 3 and deviation √5; of 1, 1, 1, 3 mean 1.5 and deviation √0.75.
    const Source source = doubles({4}, {0, 1, 2, 1, 4, 1, 6, 3});
    const Source prepared = preprocess(source, first_rows(2), {.sequence = data::Sequence{2, 2}});
    BOOST_TEST((prepared.train.shape() == core::Shape{2, 2}));
    const std::vector<float> made = values(prepared.train);
    BOOST_TEST(std::abs(made[0] + 3 / std::sqrt(5.0F)) < 1e-6F);
    BOOST_TEST(std::abs(made[6] - 3 / std::sqrt(5.0F)) < 1e-6F);
    BOOST_TEST(std::abs(made[1] + 0.5F / std::sqrt(0.75F)) < 1e-6F);
    BOOST_TEST(std::abs(made[7] - 1.5F / std::sqrt(0.75F)) < 1e-6F);

    const Source each =
        preprocess(source, first_rows(2), {.sequence = data::Sequence{2, 2}, .standardize = Standardize::features});
    BOOST_TEST(values(each.train) == (std::vector<float>{-1, 0, -1, -1, 1, 0, 1, 1}), boost::test_tools::per_element());
    const Source all =
        preprocess(doubles({4}, {0, 0, 0, 0, 2, 2, 2, 2}), first_rows(2), {.standardize = Standardize::all});
    BOOST_TEST(values(all.train)[3] == -1.0F);
    const Source none = preprocess(source, first_rows(2), {.standardize = Standardize::none});
    BOOST_TEST(values(none.train) == (std::vector<float>{0, 1, 2, 1, 4, 1, 6, 3}), boost::test_tools::per_element());
    BOOST_TEST((none.train.description().element == data::Element::f32));
}

/// Of the steps that count: of 1, 3, 5 mean 3 and deviation √(8/3); what is behind the end of a row stays NaN.
BOOST_AUTO_TEST_CASE(sequences_are_standardised_by_the_steps_that_count) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    for (const double unit : {1.0, 1e300}) {
        Source source = doubles({2, 1}, {1 * unit, 3 * unit, 5 * unit, none, 7 * unit, none});
        data::Description description = source.train.description();
        description.ragged = true;
        source.train = source.train.described_as(description);
        const Source prepared = preprocess(source, first_rows(2), {});
        const std::vector<float> made = values(prepared.train);
        const float step = 1 / std::sqrt(2 / 3.0F);
        const std::vector<float> expected{-step, 0, step, none, 2 * step, none};
        for (std::size_t i = 0; i < made.size(); ++i)
            BOOST_TEST((std::isnan(expected[i]) ? std::isnan(made[i]) : std::abs(made[i] - expected[i]) < 1e-5F),
                       made[i]);
        BOOST_TEST(prepared.train.description().ragged);
        BOOST_TEST(prepared.pipeline->is_ragged());
        BOOST_TEST(prepared.notes.empty());
        // What a network sees of new rows is the same, to the bit, also by a pipeline that was written down.
        const data::Pipeline read = data::Pipeline::from_json(prepared.pipeline->to_json());
        BOOST_TEST(read.is_ragged());
        std::vector<float> seen(2);
        read.apply(std::vector<double>{5 * unit, none}, seen.data(), 2);
        BOOST_TEST((seen[0] == made[2] && std::isnan(seen[1])));
        // Each step by itself: the second has one number, which does not vary.
        const std::vector<float> each =
            values(preprocess(source, first_rows(2), {.standardize = Standardize::features}).train);
        BOOST_TEST((each[0] == -1 && each[1] == 0 && each[2] == 1 && std::isnan(each[3])));
        BOOST_CHECK_EXCEPTION(
            static_cast<void>(preprocess(source, first_rows(2), {.reduction = Reduction::pca, .keep = 1})), core::Error,
            failure(Failure::usage, "--reduce pca:1", "different lengths"));
        BOOST_CHECK_EXCEPTION(static_cast<void>(preprocess(source, first_rows(2), {.sequence = data::Sequence{2, 1}})),
                              core::Error, failure(Failure::usage, "--sequence 2x1", "different lengths"));
    }
}

BOOST_AUTO_TEST_CASE(pixels_of_images_keep_one_scale) {
    const Source source = doubles({2, 2}, {0, 1, 2, 3, 4, 5, 6, 3});
    const auto prepared = preprocess(source, Rows{0, 1}, {.images = true});
    BOOST_TEST(
        (values(prepared.train) == values(preprocess(source, Rows{0, 1}, {.standardize = Standardize::all}).train)));
    // A pixel of 0 is what the background has become.
    BOOST_TEST(values(prepared.train)[0] == prepared.background);
    BOOST_TEST(prepared.background < -1);
    const auto block = data::pack(prepared);
    const auto copy = data::unpack(data::share(core::Buffer<std::byte>(block.begin(), block.end())));
    BOOST_TEST(copy.background == prepared.background);
    BOOST_TEST(preprocess(source, Rows{0, 1}, {.images = true, .standardize = Standardize::none}).background == 0.0F);

    Source bytes{.name = "x",
                 .sha256 = "",
                 .train = table<std::uint8_t>({2, 2}, data::Element::u8, {0, 1, 2, 3, 4, 5, 6, 3}),
                 .test = {}};
    BOOST_TEST(preprocess(bytes, Rows{0, 1}, {.images = true}).background == 0.0F);
    const auto standard = preprocess(bytes, Rows{0, 1}, {.images = true, .standardize = Standardize::all});
    BOOST_TEST(values(standard.train)[0] == standard.background, boost::test_tools::tolerance(1e-6F));
}

BOOST_AUTO_TEST_CASE(data_in_the_networks_units_stay_as_they_are) {
    const Source digits = data::load("digits:train=20,test=10", 1);
    const Source same = preprocess(digits, first_rows(20), {});
    BOOST_TEST((same.train.feature_bytes().data() == digits.train.feature_bytes().data()));
    BOOST_TEST(same.train.description().scale == digits.train.description().scale);
    const Source moons = data::load("moons:train=20,test=10", 1);
    BOOST_TEST(
        (preprocess(moons, first_rows(20), {}).train.feature_bytes().data() == moons.train.feature_bytes().data()));
    const Source rows = preprocess(digits, first_rows(20), {.sequence = data::Sequence{56, 14}});
    BOOST_TEST((rows.test->shape() == core::Shape{56, 14}));
    BOOST_TEST((rows.train.feature_bytes().data() == digits.train.feature_bytes().data()));
}

BOOST_AUTO_TEST_CASE(bytes_stay_bytes_where_one_mean_serves_all) {
    const Source digits = data::load("digits:train=50,test=10", 1);
    const Source all = preprocess(digits, first_rows(50), {.standardize = Standardize::all});
    BOOST_TEST((all.train.feature_bytes().data() == digits.train.feature_bytes().data()));
    const auto made = values(all.train);
    double sum = 0;
    double squares = 0;
    for (const float value : made) sum += value, squares += value * value;
    BOOST_TEST(std::abs(sum / static_cast<double>(made.size())) < 1e-5);
    BOOST_TEST(std::abs(squares / static_cast<double>(made.size()) - 1) < 1e-5);
    BOOST_TEST(all.test->description().offset == all.train.description().offset);
}

BOOST_AUTO_TEST_CASE(features_that_vary_most_stay_in_their_order) {
    // Feature j has deviation j, so 2 and 3 stay; they are standardised afterwards.
    const Source source = noise(500, 4);
    const Source raw = preprocess(source, first_rows(500),
                                  {.standardize = Standardize::none, .reduction = Reduction::variance, .keep = 2});
    BOOST_TEST((raw.train.shape() == core::Shape{2}));
    const auto before = preprocess(source, first_rows(500), {.standardize = Standardize::none}).train;
    for (const std::size_t row : {0U, 17U, 499U}) {
        BOOST_TEST(values(raw.train)[2 * row] == values(before)[4 * row + 2]);
        BOOST_TEST(values(raw.train)[2 * row + 1] == values(before)[4 * row + 3]);
    }
    const auto scaled =
        values(preprocess(source, first_rows(500), {.reduction = Reduction::variance, .keep = 2}).train);
    double squares = 0;
    for (std::size_t row = 0; row < 500; ++row) squares += scaled[2 * row] * scaled[2 * row];
    BOOST_TEST(std::abs(squares / 500 - 1) < 1e-5);
    // The training rows decide: in the first two, only the first feature varies.
    const Source training = doubles({2}, {1, 5, 2, 5, 1, 900, 1, -900});
    const Source one = preprocess(training, Rows{0, 1},
                                  {.standardize = Standardize::none, .reduction = Reduction::variance, .keep = 1});
    BOOST_TEST(values(one.train) == (std::vector<float>{1, 2, 1, 1}), boost::test_tools::per_element());
    // Of equals, the first.
    const Source equal = preprocess(doubles({3}, {0, 0, 0, 1, 1, 1}), first_rows(2),
                                    {.standardize = Standardize::none, .reduction = Reduction::variance, .keep = 2});
    BOOST_TEST((equal.train.shape() == core::Shape{2}));
}

BOOST_AUTO_TEST_CASE(components_are_those_of_the_training_rows) {
    // In the first three rows all lies on the diagonal; the others lie off it.
    const Source source = doubles({2}, {-1, -1, 0, 0, 1, 1, 5, -5, 2, 0});
    const Source one =
        preprocess(source, Rows{0, 1, 2}, {.standardize = Standardize::none, .reduction = Reduction::pca, .keep = 1});
    BOOST_TEST((one.train.shape() == core::Shape{1}));
    const auto made = values(one.train);
    const float root = std::sqrt(2.0F);
    const std::vector<float> expected{-root, 0, root, 0, root};
    for (std::size_t i = 0; i < 5; ++i) BOOST_TEST(std::abs(made[i] - expected[i]) < 1e-6F);

    // All components keep every distance.
    const Source turned = preprocess(noise(300, 5), first_rows(300),
                                     {.standardize = Standardize::none, .reduction = Reduction::pca, .keep = 5});
    const auto before = values(preprocess(noise(300, 5), first_rows(300), {.standardize = Standardize::none}).train);
    const auto after = values(turned.train);
    const auto distance = [](const std::vector<float>& all, std::size_t a, std::size_t b) {
        double sum = 0;
        for (std::size_t j = 0; j < 5; ++j) sum += std::pow(all[5 * a + j] - all[5 * b + j], 2);
        return std::sqrt(sum);
    };
    for (std::size_t i = 0; i < 299; ++i)
        BOOST_TEST(std::abs(distance(before, i, i + 1) - distance(after, i, i + 1)) < 1e-4);
}

BOOST_AUTO_TEST_CASE(components_of_images_see_them_as_the_network_does) {
    const Source digits = data::load("digits:train=200,test=20", 1);
    const Source fewer = preprocess(digits, first_rows(150), {.reduction = Reduction::pca, .keep = 20});
    BOOST_TEST((fewer.train.shape() == core::Shape{20}));
    BOOST_TEST((fewer.test->shape() == core::Shape{20}));
    const auto made = values(fewer.train);
    double mean = 0;
    for (std::size_t row = 0; row < 150; ++row) mean += made[20 * row] / 150;
    BOOST_TEST(std::abs(mean) < 1e-5);
    const Source again = preprocess(digits, first_rows(150), {.reduction = Reduction::pca, .keep = 20});
    BOOST_TEST(std::ranges::equal(again.train.feature_bytes(), fewer.train.feature_bytes()));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
    const Source source = noise(30, 4);
    check_refused(source, {.sequence = data::Sequence{3, 1}}, "--sequence 3x1", "t.csv has 4", "write 4x1");
    check_refused(source, {.reduction = Reduction::pca, .keep = 5}, "--reduce pca:5", "has 4 features only");
    check_refused(source, {.reduction = Reduction::variance, .keep = 5}, "--reduce variance:5", "has 4 features only");
    check_refused(source, {.sequence = data::Sequence{4, 1}, .reduction = Reduction::pca, .keep = 2}, "--sequence");
    check_refused(noise(4, 10), {.reduction = Reduction::pca, .keep = 4}, "4 training rows show at most 3 components");
    const Source wide = noise(4200, 4200);
    check_refused(wide, {.reduction = Reduction::pca, .keep = 2}, "4200 features would take too long", "variance:2");
    BOOST_CHECK_THROW(static_cast<void>(preprocess(source, Rows{}, {})), core::ContractViolation);
    BOOST_CHECK_EXCEPTION(
        static_cast<void>(preprocess(doubles({1}, {1, 1e300}), first_rows(2), {.standardize = Standardize::none})),
        core::Error, failure(Failure::data, "t.csv: row 1", "too large for single precision", "--standardize"));
}

BOOST_AUTO_TEST_SUITE_END()
