#include <algorithm>
#include <optional>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "comm/communicator.hpp"
#include "data/source.hpp"
#include "schedule/notes.hpp"
#include "schedule/training.hpp"
#include "train/beginning.hpp"
#include "train/trainer.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(snapshots_tests)

using namespace schedule;
using config::Experiment;
using config::Options;

namespace {

/// Two runs of three cycles.
Options cycles() {
    Options options;
    options.data = "moons:train=120,test=30";
    options.training.batch = 20;
    options.nets = {"dense(8) batchnorm relu dropout(0.2)"};
    options.members = 6;
    options.snapshots = 3;
    options.training.epochs = 6;
    options.training.schedule = train::ScheduleKind::cosine;
    options.bootstrap = true;
    return options;
}

Experiment experiment_of_cycles() {
    const Options options = cycles();
    return {options, data::load(options.data, options.seed)};
}

Trained train_all(const Experiment& experiment, Notes& notes) {
    return train_members(comm::Communicator::local(), experiment, notes, notes, {});
}

}  // namespace

BOOST_AUTO_TEST_CASE(snapshots_begin_where_those_before_them_ended) {
    const Experiment experiment = experiment_of_cycles();
    Notes notes;
    const Trained trained = train_all(experiment, notes);
    BOOST_TEST_REQUIRE(notes.stored.size() == 6U);
    for (const train::MemberState& member : notes.stored) {
        const train::MemberSpec spec = experiment.member(member.member);
        std::optional<train::Trainer> alone;
        if (member.member % 3 == 0) {
            alone.emplace(*spec.network, spec.training, spec.problem, member.member);
        } else {
            train::MemberState start = train::begin_from(spec, notes.stored[member.member - 1]);
            BOOST_TEST((start.parameters == notes.stored[member.member - 1].parameters));
            BOOST_TEST((start.statistics == notes.stored[member.member - 1].statistics));
            BOOST_TEST(std::ranges::all_of(start.second_moment, [](float moment) { return moment == 0; }));
            alone.emplace(*spec.network, spec.training, spec.problem, std::move(start));
        }
        while (!alone->finished()) static_cast<void>(alone->step());
        BOOST_TEST((alone->state().parameters == member.parameters), "member " << member.member);
        BOOST_TEST((alone->state().statistics == member.statistics));
        BOOST_TEST(member.epoch == 2U);
        // From the top of the cosine each time.
        BOOST_TEST(member.history[0].learning_rate > member.history[1].learning_rate);
        BOOST_TEST(member.history[0].learning_rate == notes.stored[0].history[0].learning_rate);
    }
}

BOOST_AUTO_TEST_CASE(a_run_of_snapshots_goes_on_from_the_members_that_were_kept) {
    const Experiment experiment = experiment_of_cycles();
    Notes whole;
    static_cast<void>(train_all(experiment, whole));
    Notes notes;
    notes.on_load = [&](std::uint32_t member) -> store::SavedMember {
        if (member == 0 || member == 4) return {.state = whole.stored[member], .is_final = true, .refused = {}};
        return {};
    };
    notes.on_predictions = [&](std::uint32_t member) { return whole.predicted.at(member); };
    notes.on_finish = [&](const train::MemberState& state, const MemberPredictions& predictions) {
        BOOST_TEST((state.parameters == whole.stored[state.member].parameters), "member " << state.member);
        BOOST_TEST((predictions == whole.predicted.at(state.member)));
    };
    notes.predicted = {{0, whole.predicted.at(0)}, {4, whole.predicted.at(4)}};
    static_cast<void>(train_all(experiment, notes));
    BOOST_TEST(notes.stored.size() == 4U);
}

BOOST_AUTO_TEST_CASE(what_goes_on_from_an_excluded_member_is_excluded_too) {
    const Experiment experiment = experiment_of_cycles();
    Notes whole;
    static_cast<void>(train_all(experiment, whole));
    Notes notes;
    notes.on_load = [&](std::uint32_t member) -> store::SavedMember {
        if (member != 0) return {};
        train::MemberState diverged = whole.stored[0];
        diverged.excluded = "its loss stopped being a finite number";
        return {.state = diverged, .is_final = true, .refused = {}};
    };
    static_cast<void>(train_all(experiment, notes));
    BOOST_TEST_REQUIRE(notes.done.size() == 6U);
    BOOST_TEST(notes.done[1].excluded == "member 0, which it goes on from, is excluded");
    BOOST_TEST(notes.done[2].excluded == "member 1, which it goes on from, is excluded");
    for (std::size_t member = 3; member < 6; ++member) BOOST_TEST(notes.done[member].is_included());
}

BOOST_AUTO_TEST_SUITE_END()
