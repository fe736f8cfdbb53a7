#include "config/experiment.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/generator.hpp"
#include "data/source.hpp"
#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(experiment_tests)

using config::Experiment;
using config::Options;

namespace {

std::string refusal(const Options& options, const data::Source& source) {
    return usage_error([&] { const Experiment experiment(options, source); });
}

std::string refusal(const Options& options) {
    return refusal(options, data::load(options.data, options.seed));
}

void check_accepted(const Options& options) {
    BOOST_CHECK_NO_THROW(const Experiment experiment(options, data::load(options.data, options.seed)));
}

Options moons() {
    Options options;
    options.data = "moons:train=60,test=20";
    options.nets = {"dense(4) relu dropout(0.2)"};
    return options;
}

/// Thirty items of one feature, and a number to be learnt about each.
data::Source numbers() {
    const auto bytes = std::make_shared<std::vector<float>>(30, 0.5F);
    const data::SharedBytes shared{.owner = bytes, .bytes = std::as_bytes(std::span(*bytes))};
    return {.name = "numbers",
            .sha256 = "",
            .train = data::Table(
                {.task = task::Kind::regression, .element = data::Element::f32, .shape = {1}, .rows = 30, .outputs = 1},
                shared, shared),
            .test = std::nullopt};
}

}  // namespace

BOOST_AUTO_TEST_CASE(nothing_is_distorted_without_distortions) {
    Options options = moons();
    options.test_views = 4;  // by a preset, beside --augment none
    const Experiment experiment(options, data::load(options.data, options.seed));
    BOOST_TEST(experiment.member(0).problem.test_views == 1U);
}

BOOST_AUTO_TEST_CASE(dropout_left_on_needs_dropout) {
    Options options = moons();
    options.training.evaluate_with_dropout = true;
    check_accepted(options);
    options.nets = {"repeat(2)[ skip[ dense(2) dropout(0.5) ] ]"};
    check_accepted(options);
    options.nets = {"dense(4) relu"};
    BOOST_TEST(refusal(options) == "--evaluate-with-dropout has no effect here: there is no dropout in dense(4) relu");
}

BOOST_AUTO_TEST_CASE(a_baseline_by_dropout_needs_dropout) {
    Options options = moons();
    options.mc_dropout = 20;
    check_accepted(options);
    options.nets = {"dense(4) relu"};
    BOOST_TEST(contains(refusal(options), "--mc-dropout 20: there is no dropout in dense(4) relu"));
    options.nets.emplace_back("dense(4) relu dropout(0.2)");
    check_accepted(options);
}

BOOST_AUTO_TEST_CASE(classes_keep_their_shares_unless_it_is_forbidden) {
    const Options options = moons();
    const data::Source source = data::load(options.data, options.seed);
    const Experiment experiment(options, source);
    BOOST_TEST((experiment.options().stratify == std::optional(true)));
    const auto labels = source.train.labels();
    const auto ones = [&](const Experiment& of) {
        return std::ranges::count_if(of.split().validation, [&](std::uint32_t row) { return labels[row] == 1; });
    };
    BOOST_TEST(ones(experiment) == 3);  // of six
    Options drawn = options;
    drawn.stratify = false;
    int others = 0;
    for (drawn.seed = 1; drawn.seed < 9; ++drawn.seed) others += ones(Experiment(drawn, source)) == 3 ? 0 : 1;
    BOOST_TEST(others > 0);
    BOOST_TEST(Experiment(drawn, source).digest() != experiment.digest());

    Options of_numbers;
    of_numbers.nets = {"dense(4) relu"};
    BOOST_TEST((!Experiment(of_numbers, numbers()).options().stratify.has_value()));
    of_numbers.stratify = true;
    BOOST_TEST(contains(refusal(of_numbers, numbers()), "--stratify: keeps the shares of classes"));
    of_numbers.stratify = false;
    of_numbers.training.class_weight = train::ClassWeight::balanced;
    BOOST_TEST(contains(refusal(of_numbers, numbers()), "--class-weight balanced: weighs classes"));
}

BOOST_AUTO_TEST_CASE(folds_are_those_of_the_groups) {
    Options options = moons();
    options.folds = 3;
    data::Source source = data::load(options.data, options.seed);
    core::Buffer<std::uint32_t> groups(60);
    for (std::uint32_t row = 0; row < 60; ++row) groups[row] = row * row % 7;
    source.train = source.train.with({.groups = data::share(std::move(groups))});
    const Experiment experiment(options, std::move(source));
    std::size_t rows = 0;
    for (std::uint32_t member = 0; member < 3; ++member) {
        const train::Problem problem = experiment.member(member).problem;
        const data::RowRange range = experiment.predicted_rows(experiment.validation_set(), member);
        BOOST_TEST(range.count == problem.validation.size());
        BOOST_TEST(problem.train.size() + problem.validation.size() == 60U);
        rows += range.count;
        std::set<std::uint32_t> known;
        for (const std::uint32_t row : problem.train.rows) known.insert(experiment.source().train.groups()[row]);
        for (const std::uint32_t row : problem.validation.rows)
            BOOST_TEST(!known.contains(experiment.source().train.groups()[row]));
    }
    BOOST_TEST(rows == 60U);
    BOOST_TEST(experiment.study().fold_bounds == experiment.split().fold_bounds);
}

BOOST_AUTO_TEST_CASE(parts_of_rows_that_weigh_nothing_are_refused) {
    Options options = moons();
    options.weight = "w";
    data::Source source = data::load(options.data, options.seed);
    const data::Table plain = source.train;
    core::Buffer<double> weights(60, 0.0);
    const Experiment split(options, source);
    for (const std::uint32_t row : split.split().train) weights[row] = 1;
    source.train = plain.with({.weights = data::share(weights)});
    BOOST_TEST(contains(refusal(options, source), "--weight w: all 6 validation rows of moons"));
    std::ranges::fill(weights, 0.0);
    weights[split.split().validation.front()] = 1;
    source.train = plain.with({.weights = data::share(weights)});
    BOOST_TEST(contains(refusal(options, source), "--weight w: all 54 training rows"));
}

BOOST_AUTO_TEST_CASE(machines_need_a_stack) {
    Options options = moons();
    options.training.initialiser = model::Initialiser::rbm;
    check_accepted(options);
    options.nets = {"dense(4) skip[ dense(4) ]"};
    BOOST_TEST(contains(refusal(options), "--init rbm: network, line 1, column 10: skip cannot"));
    options.nets = {"flatten"};
    BOOST_TEST(contains(refusal(options), "--init rbm: there is no hidden dense layer in flatten"));
}

BOOST_AUTO_TEST_CASE(a_mean_needs_more_than_one_epoch) {
    Options options = moons();
    options.training.average = train::AverageKind::swa;
    options.training.epochs = 5;  // from the fourth
    check_accepted(options);
    options.training.epochs = 4;  // the fourth alone
    BOOST_TEST(
        contains(refusal(options), "--weight-average swa:0.75 has no effect here: of 4 epochs it would take the last"));
    options.training.average_start = 0.5;
    check_accepted(options);
    options.training.average = train::AverageKind::ema;
    options.training.epochs = 1;
    check_accepted(options);
}

BOOST_AUTO_TEST_CASE(nothing_can_be_normalised_over_one_row) {
    Options options = moons();
    options.training.batch = 1;
    check_accepted(options);
    for (const char* net : {"dense(4) batchnorm relu", "repeat(2)[ skip[ dense(2) batchnorm ] ]"}) {
        options.nets = {net};
        options.training.batch = 1;
        BOOST_TEST(contains(refusal(options), "--batch 1: batchnorm"));
        options.training.batch = 2;
        check_accepted(options);
        options.train_limit = 1;
        BOOST_TEST(contains(refusal(options), "--batch 1: batchnorm"));
        options.train_limit = 0;
    }
    // A channel of one image has many pixels.
    options.data = "digits:train=60,test=20";
    options.nets = {"conv(2, 3) batchnorm relu maxpool(2)"};
    options.training.batch = 1;
    check_accepted(options);
}

BOOST_AUTO_TEST_CASE(to_be_looked_at_makes_no_other_member) {
    Options options = moons();
    const Experiment alone(options, data::load(options.data, options.seed));
    options.tensorboard = true;
    const Experiment watched(options, data::load(options.data, options.seed));
    BOOST_TEST(watched.digest() == alone.digest());
    BOOST_TEST(watched.digest_of(3) == alone.digest_of(3));
    // But looking takes memory.
    BOOST_TEST(alone.footprint().observation == 0U);
    BOOST_TEST(watched.footprint().observation > 0U);
}

BOOST_AUTO_TEST_CASE(members_of_a_run_go_on_from_one_another) {
    Options options = moons();
    options.members = 6;
    options.snapshots = 3;
    options.training.epochs = 12;
    options.training.initialiser = model::Initialiser::xavier;
    options.bootstrap = true;
    const Experiment experiment(options, data::load(options.data, options.seed));
    BOOST_TEST(experiment.options().training.epochs == 12U);
    for (std::uint32_t member = 0; member < 6; ++member) {
        const train::MemberSpec spec = experiment.member(member);
        const bool goes_on = member % 3 > 0;
        BOOST_TEST(spec.training.epochs == 4U);
        BOOST_TEST((spec.after == (goes_on ? std::optional(member - 1) : std::nullopt)));
        BOOST_TEST((spec.training.initialiser == (goes_on ? model::Initialiser::zeros : model::Initialiser::xavier)));
        BOOST_TEST(train::sample_of(spec.problem, member) == member / 3);
    }
    // What each begins with is part of what it is.
    Options single = options;
    single.snapshots = 1;
    const Experiment apart(single, data::load(options.data, options.seed));
    BOOST_TEST(experiment.digest_of(0) != apart.digest_of(0));
    single.training.epochs = 4;
    const Experiment as_long(single, data::load(options.data, options.seed));
    BOOST_TEST(experiment.digest_of(1) != as_long.digest_of(1));
    options.members = 3;
    const Experiment fewer(options, data::load(options.data, options.seed));
    BOOST_TEST(experiment.digest_of(1) == fewer.digest_of(1));
}

BOOST_AUTO_TEST_CASE(what_one_more_adds_is_seen_from_some_rounds_on) {
    Options options = moons();
    options.members = 4;
    options.stop_when = 0.01;
    BOOST_TEST(contains(refusal(options),
                        "--stop-when 0.01: what one more member adds is known from 4 on, and there are "
                        "4; --members 5 or more"));
    options.members = 24;
    options.snapshots = 3;
    add_variation(options, "lr=0.1,0.01");
    BOOST_TEST(contains(refusal(options), "from 24 on (4 rounds of 6, which differ"));
    options.members = 27;
    check_accepted(options);
    options.variations.clear();
    options.snapshots = 1;
    options.folds = 3;
    BOOST_TEST(contains(refusal(options), "--stop-when 0.01: with --folds 3 one member in 3"));
}

BOOST_AUTO_TEST_CASE(runs_have_whole_cycles_and_are_whole) {
    Options options = moons();
    options.members = 8;
    options.snapshots = 3;
    BOOST_TEST(contains(refusal(options), "--snapshots 3: 8 members are not whole runs of 3; --members 9 would be"));
    options.members = 9;
    check_accepted(options);
    const Experiment chosen(options, data::load(options.data, options.seed));  // auto
    BOOST_TEST(chosen.options().training.epochs % 3 == 0U);
    BOOST_TEST(chosen.steps(chosen.member(0)) * 3 >= 1000U);
    options.training.epochs = 13;
    BOOST_TEST(contains(refusal(options), "13 epochs are not 3 cycles of equal length; --epochs 15 would be, of 5"));
    options.training.epochs = 12;
    options.folds = 3;
    BOOST_TEST(contains(refusal(options), "--snapshots 3: its members know"));
    options.folds = 0;
    add_variation(options, "epochs=12,14");
    BOOST_TEST(contains(refusal(options), "14 epochs are not 3 cycles"));
}

BOOST_AUTO_TEST_CASE(softened_labels_need_labels) {
    Options options = moons();
    options.training.label_smoothing = 0.1;
    check_accepted(options);
    BOOST_TEST(contains(refusal(options, numbers()), "--label-smoothing softens class labels"));
}

BOOST_AUTO_TEST_SUITE_END()
