#include "run/training_notes.hpp"

#include <fmt/ranges.h>
#include <boost/test/unit_test.hpp>

#include "config/variation.hpp"
#include "data/source.hpp"
#include "failure.hpp"
#include "scratch.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(training_notes_tests)

using config::Experiment;
using config::Options;

namespace {

std::string notes(const Options& options) {
    const Experiment experiment(options, config::load_data(options));
    return fmt::format("{}", fmt::join(run::training_notes(experiment), "\n"));
}

Options table(const std::string& file) {
    Options options;
    options.data = file;
    options.nets = {"dense(4) relu"};
    return options;
}

/// Two classes that alternate, on one feature.
std::string rows(int count, int first = 0) {
    std::string text = "x,kind\n";
    for (int row = first; row < first + count; ++row) text += fmt::format("{}.25,{}\n", row, row % 2 == 0 ? "a" : "b");
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_can_be_learnt_has_no_notes) {
    const Scratch scratch;
    BOOST_TEST(notes(table(scratch.write("t.csv", rows(300)))) == "");
}

BOOST_AUTO_TEST_CASE(few_steps_are_noted) {
    const Scratch scratch;
    Options options = table(scratch.write("t.csv", rows(150)));
    options.training.epochs = 20;
    BOOST_TEST(contains(notes(options), "only 40 steps in all, 2 an epoch"));
    BOOST_TEST(contains(notes(options), "--epochs 100 or more"));
    options.training.epochs = 100;
    BOOST_TEST(notes(options) == "");
}

BOOST_AUTO_TEST_CASE(epochs_follow_from_the_data) {
    const Scratch scratch;
    const auto epochs = [&](int count, std::size_t batch) {
        Options options = table(scratch.write("t.csv", rows(count)));
        options.training.batch = batch;
        const Experiment experiment(options, config::load_data(options));
        BOOST_TEST(experiment.options().epochs_are_chosen);
        BOOST_TEST(experiment.steps(experiment.member(0)) >= 1000U);
        return experiment.options().training.epochs;
    };
    BOOST_TEST(epochs(150, 100) == 500U);  // 108 training rows
    BOOST_TEST(epochs(150, 10) == 91U);    // 11 steps an epoch
    BOOST_TEST(epochs(1500, 1) == 20U);
    Options given = table(scratch.write("t.csv", rows(150)));
    given.training.epochs = 3;
    const Experiment experiment(given, config::load_data(given));
    BOOST_TEST(experiment.options().training.epochs == 3U);
    BOOST_TEST(!experiment.options().epochs_are_chosen);
}

BOOST_AUTO_TEST_CASE(classes_without_training_rows_are_named) {
    const Scratch scratch;
    Options options = table(scratch.write("t.csv", rows(60)));
    options.train_limit = 1;
    const std::string one = notes(options);
    BOOST_TEST(
        (contains(one, "class 'a' has no training row, so") || contains(one, "class 'b' has no training row, so")));
    std::string text = "x,kind\n";
    for (int row = 0; row < 60; ++row) text += fmt::format("{}.5,kind{}\n", row, row % 30);
    options = table(scratch.write("many.csv", text));
    options.train_limit = 10;
    const std::string many = notes(options);
    BOOST_TEST(contains(many, "classes 'kind"));
    BOOST_TEST(contains(many, " more have no training rows, so they cannot be learnt"));
}

BOOST_AUTO_TEST_CASE(test_rows_that_are_training_rows_are_noted) {
    const Scratch scratch;
    Options options = table(scratch.write("train.csv", rows(100)));
    options.test = options.data;
    BOOST_TEST(contains(notes(options), "90 of 100 test rows are training rows too"));
    options.test = scratch.write("test.csv", rows(50, 75));  // 25 of them, up to a validation row
    BOOST_TEST(contains(notes(options), " of 50 test rows are training rows too"));
    options.test = scratch.write("test.csv", rows(50, 99));
    BOOST_TEST(notes(options) == "");
}

BOOST_AUTO_TEST_CASE(tables_of_a_few_rows_serve_everything) {
    const Scratch scratch;
    BOOST_TEST(
        contains(notes(table(scratch.write("t.csv", rows(8)))), "all 8 rows serve training, validation and testing"));
}

BOOST_AUTO_TEST_CASE(features_that_do_not_vary_are_noted) {
    const Scratch scratch;
    std::string text = "x,kind\n";
    for (int row = 0; row < 40; ++row) text += fmt::format("7.5,{}\n", row % 2 == 0 ? "a" : "b");
    BOOST_TEST(contains(notes(table(scratch.write("t.csv", text))), "the features of all training rows are the same"));
}

BOOST_AUTO_TEST_CASE(combinations_without_a_member_are_noted) {
    const Scratch scratch;
    Options options = table(scratch.write("t.csv", rows(300)));
    options.nets = {"dense(4) relu", "dense(5) relu"};
    options.members = 5;
    config::add_variation(options, "lr=0.1,0.01");
    BOOST_TEST(notes(options) == "");
    options.members = 3;
    BOOST_TEST(contains(notes(options), "3 members have the first 3 of 4 combinations"));
    options.members = 4;
    options.folds = 2;
    BOOST_TEST(contains(notes(options), "4 members have the first 2 of 4 combinations"));
    BOOST_TEST(contains(notes(options), "--members 8 would have all"));
}

BOOST_AUTO_TEST_CASE(a_class_that_lies_in_one_part_is_noted) {
    const Scratch scratch;
    Options options = table(scratch.write("t.csv", rows(300) + "7.5,rare\n8.5,rare\n"));
    options.test_fraction = 0.01;
    options.folds = 20;
    options.members = 20;
    const auto is_noted = [&] { return contains(notes(options), "of 20, class 'rare' has no training row"); };
    for (options.seed = 1; options.seed <= 5; ++options.seed) BOOST_TEST(!is_noted());
    options.stratify = false;
    bool some = false;
    for (options.seed = 1; options.seed <= 40 && !some;
         ++options.seed)  // both rows in one part, or one in the test rows
        some = is_noted();
    BOOST_TEST(some);
}

BOOST_AUTO_TEST_SUITE_END()
