#include "run/training_time.hpp"

#include <boost/test/unit_test.hpp>

#include "data/source.hpp"

using namespace ensemble;
using run::Effort;

BOOST_AUTO_TEST_SUITE(training_time_tests)

/// A second for each epoch of each member.
double seconds_of(const Effort& effort) {
    return static_cast<double>(effort.members * effort.epochs);
}

Effort fitted(const Effort& wanted, double limit_s, const run::EffortSteps& steps = {}) {
    return run::fit(wanted, steps, limit_s, seconds_of);
}

BOOST_AUTO_TEST_CASE(epochs_go_first_then_members_then_both) {
    const Effort wanted{.members = 8, .epochs = 20};
    BOOST_TEST((fitted(wanted, 160) == wanted));
    BOOST_TEST((fitted(wanted, 159) == Effort{8, 19}));
    BOOST_TEST((fitted(wanted, 80) == Effort{8, 10}));
    BOOST_TEST((fitted(wanted, 79) == Effort{7, 10}));
    BOOST_TEST((fitted(wanted, 30) == Effort{3, 10}));
    BOOST_TEST((fitted(wanted, 29) == Effort{3, 9}));
    BOOST_TEST((fitted(wanted, 3) == Effort{3, 1}));
    BOOST_TEST((fitted(wanted, 2) == Effort{2, 1}));
    BOOST_TEST((fitted(wanted, -1) == Effort{1, 1}));
    BOOST_TEST((fitted({.members = 2, .epochs = 9}, 8) == Effort{2, 4}));
    BOOST_TEST((fitted({.members = 1, .epochs = 1}, 0) == Effort{1, 1}));
    BOOST_TEST((fitted({.members = 4'194'304, .epochs = 4'294'967'295}, 1000) == Effort{3, 333}));
}

BOOST_AUTO_TEST_CASE(runs_of_snapshots_and_folds_stay_whole) {
    BOOST_TEST((fitted({.members = 10, .epochs = 50}, 250, {.members = 5, .epochs = 5}) == Effort{10, 25}));
    BOOST_TEST((fitted({.members = 10, .epochs = 50}, 249, {.members = 5, .epochs = 5}) == Effort{5, 25}));
    BOOST_TEST((fitted({.members = 10, .epochs = 50}, 1, {.members = 5, .epochs = 5}) == Effort{5, 5}));
    BOOST_TEST((fitted({.members = 12, .epochs = 3}, 1, {.members = 5, .epochs = 1}) == Effort{7, 1}));
}

BOOST_AUTO_TEST_CASE(ranks_that_would_be_idle_train_more_members) {
    const auto on_four_ranks = [](const Effort& effort) {
        return static_cast<double>((effort.members + 3) / 4 * effort.epochs);
    };
    BOOST_TEST((run::fit({.members = 8, .epochs = 20}, {}, 9, on_four_ranks) == Effort{4, 9}));
    BOOST_TEST((run::fit({.members = 3, .epochs = 20}, {}, 9, on_four_ranks) == Effort{3, 9}));
}

// It stops in the moment in which it is measured; others may not.
BOOST_AUTO_TEST_CASE(a_member_that_stops_early_is_measured_for_all_its_epochs) {
    const auto seconds = [](std::size_t epochs) {
        config::Options options;
        options.data = "moons";
        options.nets = {"flatten"};
        options.training.learning_rate = 1e-30;
        options.training.patience = 1;
        options.training.epochs = epochs;
        const config::Experiment experiment(options, config::load_data(options));
        return run::measure_time(experiment, 1).value().seconds;
    };
    BOOST_TEST(seconds(10'000'000) > 1000 * seconds(10));
}

BOOST_AUTO_TEST_SUITE_END()
