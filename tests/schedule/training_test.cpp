#include "schedule/training.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <map>
#include <new>
#include <numeric>
#include <set>

#include <boost/test/unit_test.hpp>

#include "comm/communicator.hpp"
#include "core/stopwatch.hpp"
#include "core/text.hpp"
#include "data/source.hpp"
#include "failure.hpp"
#include "schedule/notes.hpp"
#include "train/hidden_features.hpp"
#include "train/predictor.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(training_tests)

using namespace schedule;
using config::Experiment;
using config::Options;

namespace {

Options small_options() {
    Options options;
    options.data = "moons:train=120,test=30";
    options.nets = {"dense(8) relu"};
    options.members = 3;
    options.training.epochs = 2;
    options.training.batch = 20;
    return options;
}

Trained train_all(const Experiment& experiment, Notes& notes) {
    return train_members(comm::Communicator::local(), experiment, notes, notes, {.work = notes.work});
}

/// What has come of the test rows.
const analysis::RowResults& rows_of(const Trained& trained) {
    const analysis::Analysis& analysis = *trained.analysis->analysis();
    return analysis.rows(analysis.study().test);
}

Experiment experiment_with(const Options& options) {
    return {options, data::load(options.data, options.seed)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_member_is_trained_stored_and_counted_once) {
    const Experiment experiment = experiment_with(small_options());
    Notes notes;
    const Trained trained = train_all(experiment, notes);
    BOOST_TEST(trained.coordinator->members_done() == 3U);
    BOOST_TEST(notes.epochs.size() == 6U);
    BOOST_TEST_REQUIRE(notes.stored.size() == 3U);
    for (std::uint32_t member = 0; member < 3; ++member) {
        BOOST_TEST(notes.stored[member].member == member);
        BOOST_TEST(notes.stored[member].finished);
        BOOST_TEST(notes.done.at(member).index == member);
    }
    BOOST_TEST(notes.log.size() == 3U);
    BOOST_TEST(notes.log.at(2).starts_with("member 2 done: 2 epochs in "));
    const auto& votes = rows_of(trained).votes;
    BOOST_TEST(std::accumulate(votes.begin(), votes.end(), 0) == 3 * 30);
    for (const auto& [member, sets] : notes.predicted) {
        BOOST_TEST_REQUIRE(sets.size() == 3U);
        BOOST_TEST(sets[0].size() == 2 * experiment.split().validation.size());
        BOOST_TEST(sets[1].size() == 2 * 30U);
        BOOST_TEST(sets[2].size() == 2 * experiment.grid().value().cells());
    }
    BOOST_TEST(trained.coordinator->samples() == 3 * 2 * experiment.split().train.size());
    BOOST_TEST(trained.coordinator->times().idle_fraction() < 1);  // how much else the machine does is not known
    BOOST_TEST(trained.first_step_s > 0);
}

BOOST_AUTO_TEST_CASE(the_time_that_rank_0_gives_to_others_is_counted) {
    const Experiment experiment = experiment_with(small_options());
    Notes notes;
    int shown = 0;
    notes.on_show = [&] {
        const double begin_s = core::processor_seconds();
        while (shown < 2 && core::processor_seconds() - begin_s < 0.02) {
        }
        ++shown;
    };
    const core::Stopwatch watch;
    const Trained trained = train_all(experiment, notes);
    BOOST_TEST_REQUIRE(shown >= 2);
    BOOST_TEST(trained.coordination_s >= 0.04);
    BOOST_TEST(trained.coordination_s <= watch.seconds());
}

BOOST_AUTO_TEST_CASE(a_rank_attends_to_others_while_it_does_a_job_of_the_analysis) {
    const Experiment experiment = experiment_with(small_options());
    Notes notes;
    std::atomic<int> shown = 0;
    bool attends = true;
    notes.on_show = [&] { ++shown; };
    notes.on_rows = [&] {
        constexpr double long_enough_s = 20;
        const int before = shown;
        const core::Stopwatch watch;
        while (attends && shown < before + 3) attends = watch.seconds() < long_enough_s;
    };
    const Trained trained = train_all(experiment, notes);
    BOOST_TEST(attends);
    BOOST_TEST(rows_of(trained).rows == 30U);
}

BOOST_AUTO_TEST_CASE(what_a_job_of_the_analysis_throws_ends_the_run) {
    const Experiment experiment = experiment_with(small_options());
    Notes notes;
    notes.on_rows = [] { core::fail(core::Failure::data, "a file is gone"); };
    BOOST_TEST(failure_of(core::Failure::data, [&] { static_cast<void>(train_all(experiment, notes)); }) ==
               "a file is gone; this survives");
}

BOOST_AUTO_TEST_CASE(rows_of_the_best_member_are_those_of_the_best_on_validation_data) {
    Options options = small_options();
    options.members = 6;
    const Experiment experiment = experiment_with(options);
    Notes notes;
    const Trained trained = train_all(experiment, notes);
    const auto best = analysis::choose_best(experiment.task(), trained.coordinator->results());
    const auto hits = std::span(rows_of(trained).best).first(30);
    const double right = std::accumulate(hits.begin(), hits.end(), 0.0);
    BOOST_TEST(right / 30.0 == notes.done.at(*best).test.front(), boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(results_are_those_of_the_stored_parameters) {
    Options options = small_options();
    options.training.epochs = 30;
    options.training.patience = 2;
    options.training.learning_rate = 0.3;  // bad enough to stop early
    options.feature_fraction = 0.5;
    const Experiment experiment = experiment_with(options);
    Notes notes;
    static_cast<void>(train_all(experiment, notes));
    bool early = false;
    for (std::size_t i = 0; i < notes.stored.size(); ++i) {
        const train::MemberState& state = notes.stored[i];
        early = early || state.epoch < options.training.epochs;
        train::Predictor predictor(
            experiment.networks().front(),
            {.hidden_features = train::hidden_features(experiment.member(state.member).problem, 2, state.member)});
        const data::View validation = data::validation_view(experiment.source(), experiment.split());
        const auto evaluation = predictor.evaluate(train::weights_of(state), validation);
        BOOST_TEST(notes.done[i].validation_score == evaluation.score);
        BOOST_TEST(notes.done[i].validation_loss == evaluation.loss);
        BOOST_TEST(notes.done[i].test.front() ==
                   predictor.evaluate(train::weights_of(state), experiment.test_set().rows).score);
    }
    BOOST_TEST(early);
}

BOOST_AUTO_TEST_CASE(members_that_diverge_are_set_aside_and_the_rest_stands) {
    Options options = small_options();
    options.nets = {"repeat(4)[ dense(8) relu ]"};
    options.members = 8;
    options.training.epochs = 3;
    options.training.optimizer = train::OptimizerKind::sgd;
    bool some = false;
    bool all = false;
    // From a learning rate that nobody minds to one that nobody survives.
    for (const double rate : {1.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 1e4, 1e5, 1e30}) {
        options.training.learning_rate = rate;
        const Experiment experiment = experiment_with(options);
        Notes notes;
        try {
            const Trained trained = train_all(experiment, notes);
            std::int32_t included = 0;
            for (const auto& member : notes.done) included += member.is_included() ? 1 : 0;
            const auto& votes = rows_of(trained).votes;
            BOOST_TEST(std::accumulate(votes.begin(), votes.end(), 0) == 30 * included);
            some = some || (included > 0 && included < 8);
        } catch (const comm::SharedError& error) {
            all = true;
            BOOST_TEST(error.exit_code() == 4);
            BOOST_TEST(contains(error.what(), "training diverged"));
            BOOST_TEST(contains(error.what(), "; this survives"));
        }
        BOOST_TEST(notes.stored.size() == 8U);
    }
    BOOST_TEST(some);
    BOOST_TEST(all);
}

BOOST_AUTO_TEST_CASE(a_member_that_overflows_only_on_the_test_rows_is_set_aside) {
    Options options = small_options();
    options.nets = {"dense(64) dense(64)"};
    data::Source source = data::load(options.data, options.seed);
    const data::Table ordinary = *source.test;
    data::Description enormous = ordinary.description();
    enormous.scale = 3e38F;
    source.test.emplace(enormous, data::SharedBytes{nullptr, ordinary.feature_bytes()},
                        data::SharedBytes{nullptr, std::as_bytes(ordinary.labels())});
    const Experiment experiment(options, source);
    Notes notes;
    const std::string message =
        failure_of(core::Failure::run, [&] { static_cast<void>(train_all(experiment, notes)); });
    BOOST_TEST(contains(message, "every member had to be excluded"));
    BOOST_TEST_REQUIRE(notes.stored.size() == 3U);
    for (const train::MemberState& state : notes.stored) {
        BOOST_TEST(contains(state.excluded, "predictions for the test data"));
        BOOST_TEST(std::isfinite(state.history.back().validation_loss));
    }
}

BOOST_AUTO_TEST_CASE(want_of_memory_is_put_into_words) {
    const Experiment experiment = experiment_with(small_options());
    Notes notes;
    notes.on_finish = [](const train::MemberState&, const MemberPredictions&) { throw std::bad_alloc(); };
    const std::string message =
        failure_of(core::Failure::run, [&] { static_cast<void>(train_all(experiment, notes)); });
    BOOST_TEST(contains(message, "not enough memory"));
    BOOST_TEST(contains(message, "training a member takes " + core::bytes(experiment.footprint().total())), message);
}

BOOST_AUTO_TEST_CASE(a_failure_says_what_and_what_survives) {
    const Experiment experiment = experiment_with(small_options());
    Notes notes;
    notes.on_finish = [&](const train::MemberState& state, const MemberPredictions&) {
        if (state.member == 1) core::fail(core::Failure::run, "disk full");
    };
    BOOST_TEST(failure_of(core::Failure::run, [&] { static_cast<void>(train_all(experiment, notes)); }) ==
               "disk full; this survives");
    BOOST_TEST(notes.done.size() == 1U);
    BOOST_TEST(notes.log.back() == "failed: disk full");
}

BOOST_AUTO_TEST_CASE(a_history_that_cannot_be_kept_ends_the_run_even_at_the_last_epoch) {
    const Experiment experiment = experiment_with(small_options());
    for (const std::size_t last : {1U, 6U}) {
        Notes notes;
        std::size_t count = 0;
        notes.on_epoch = [&] {
            if (++count == last) core::fail(core::Failure::run, "no room");
        };
        BOOST_TEST(failure_of(core::Failure::run, [&] { static_cast<void>(train_all(experiment, notes)); }) ==
                   "no room; this survives");
    }
}

BOOST_AUTO_TEST_CASE(a_run_that_is_to_stop_keeps_what_is_in_training_and_combines_the_rest) {
    Options options = small_options();
    options.training.epochs = 4000;
    const Experiment experiment = experiment_with(options);
    Notes notes;
    notes.stop_after = 4500;  // it is heard of some epochs later
    const Trained trained = train_all(experiment, notes);
    BOOST_TEST(trained.coordinator->members_done() == 1U);
    BOOST_TEST_REQUIRE(notes.saved.size() == 1U);
    BOOST_TEST(notes.saved[0].member == 1U);
    BOOST_TEST(!notes.saved[0].finished);
    BOOST_TEST((trained.coordinator->missing() == std::vector<std::uint32_t>{1, 2}));
    BOOST_TEST(trained.coordinator->suspended_by() == "SIGTERM");
    notes.stop_after = 1;
    BOOST_TEST(failure_of(core::Failure::stopped, [&] { static_cast<void>(train_all(experiment, notes)); }) ==
               "stopped by SIGTERM; this survives");
}

BOOST_AUTO_TEST_CASE(what_an_earlier_run_has_finished_counts_however_soon_the_next_is_stopped) {
    Options options = small_options();
    options.members = 5;
    const Experiment experiment = experiment_with(options);
    Notes whole;
    static_cast<void>(train_all(experiment, whole));
    options.training.epochs = 1'000'000;
    options.training.patience = 50'000;  // more than a fast machine trains before it hears that it should stop
    const Experiment longer = experiment_with(options);
    // As if their patience had been lost: the first epoch is the best of so many that training ends.
    for (const std::size_t member : {2U, 4U}) {
        train::MemberState& state = whole.stored[member];
        const std::uint64_t batches = state.updates / state.epoch;
        state.best_epoch = 1;
        state.best_loss = state.history[0].validation_loss;
        state.best_parameters = state.parameters;
        state.history.resize(1);
        while (state.history.size() <= options.training.patience) {
            state.history.push_back(state.history.front());
            state.history.back().epoch = static_cast<std::uint32_t>(state.history.size());
        }
        state.epoch = static_cast<std::uint32_t>(state.history.size());
        state.updates = batches * state.epoch;
    }
    Notes notes;
    notes.work.resize(5);
    for (const std::uint32_t member : {2U, 4U}) notes.work[member].done = 1;
    notes.on_load = [&](std::uint32_t member) -> store::SavedMember {
        if (member == 2 || member == 4) return {.state = whole.stored[member], .is_final = true, .refused = {}};
        return {};
    };
    notes.stop_after = 1;
    const Trained trained = train_all(longer, notes);
    BOOST_TEST(trained.coordinator->members_done() == 2U);
    BOOST_TEST((trained.coordinator->missing() == std::vector<std::uint32_t>{0, 1, 3}));
}

BOOST_AUTO_TEST_CASE(members_are_the_same_with_whatever_threads_they_are_trained) {
    Options options = small_options();
    options.data = "digits:train=300,test=60";
    options.nets = {"dense(512) relu dropout(0.2) dense(512) relu"};
    options.members = 2;
    options.training.batch = 100;
    options.training.max_norm = 2;
    options.training.average = train::AverageKind::ema;
    const Experiment one = experiment_with(options);
    Notes expected;
    expected.width = 10;
    static_cast<void>(train_all(one, expected));
    options.threads = 3;
    const Experiment three = experiment_with(options);
    Notes found;
    found.width = 10;
    static_cast<void>(train_all(three, found));
    // And with one that is told to change in the middle.
    const MakeTraining make_training = training_of_networks(one);
    const auto changing = make_training(0, std::nullopt);
    for (std::size_t step = 0; !changing->is_trained(); ++step) {
        changing->use_threads(step % 3 + 1);
        static_cast<void>(changing->train());
    }
    const auto same = [](const train::MemberState& a, const train::MemberState& b) {
        return a.parameters == b.parameters && a.second_moment == b.second_moment && a.epoch == b.epoch &&
               a.history.back().validation_loss == b.history.back().validation_loss &&
               a.history.back().train_loss == b.history.back().train_loss;
    };
    for (std::size_t member = 0; member < 2; ++member) BOOST_TEST(same(expected.stored[member], found.stored[member]));
    BOOST_TEST((expected.done[1].test == found.done[1].test));
    BOOST_TEST(same(expected.stored[0], changing->state()));
    std::vector<float> before(60 * 10);
    std::vector<float> after(before.size());
    changing->use_threads(2);
    changing->predict(one.test_set().rows, before);
    changing->use_threads(1);
    changing->predict(one.test_set().rows, after);
    BOOST_TEST((before == after));
}

BOOST_AUTO_TEST_CASE(members_go_on_from_what_was_kept) {
    const Experiment experiment = experiment_with(small_options());
    Notes whole;
    const Trained reference = train_all(experiment, whole);
    Notes notes;
    notes.on_load = [&](std::uint32_t member) -> store::SavedMember {
        if (member == 0) return {.state = whole.stored[0], .is_final = true, .refused = {}};
        if (member == 1) return {.state = whole.stored[1], .is_final = false, .refused = {"a file is damaged"}};
        return {};
    };
    const Trained trained = train_all(experiment, notes);
    BOOST_TEST((rows_of(trained).combined[0].predictions == rows_of(reference).combined[0].predictions));
    BOOST_TEST((rows_of(trained).votes == rows_of(reference).votes));
    BOOST_TEST(notes.restored.size() == 4U);
    BOOST_TEST(notes.epochs.size() == 2U);
    BOOST_TEST(notes.stored.size() == 3U);  // of member 0 there were no predictions yet
    BOOST_TEST_REQUIRE(notes.notices.size() == 1U);
    BOOST_TEST(contains(notes.notices[0], "member 1 goes on from an older state"));
    BOOST_TEST(trained.coordinator->samples() == reference.coordinator->samples() / 3);
}

BOOST_AUTO_TEST_CASE(a_finished_member_whose_predictions_are_there_predicts_no_more) {
    const Experiment experiment = experiment_with(small_options());
    Notes whole;
    const Trained reference = train_all(experiment, whole);
    Notes notes;
    notes.predicted = whole.predicted;
    notes.on_load = [&](std::uint32_t member) -> store::SavedMember {
        return {.state = whole.stored[member], .is_final = true, .refused = {}};
    };
    notes.on_predictions = [&](std::uint32_t member) { return whole.predicted.at(member); };
    const Trained trained = train_all(experiment, notes);
    BOOST_TEST(notes.stored.empty());
    BOOST_TEST((rows_of(trained).combined[0].predictions == rows_of(reference).combined[0].predictions));
    BOOST_TEST((notes.done[2].test == whole.done[2].test));
    BOOST_TEST((notes.done[2].validation == whole.done[2].validation));
}

BOOST_AUTO_TEST_SUITE_END()
