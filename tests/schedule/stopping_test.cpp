#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "answers.hpp"
#include "comm/communicator.hpp"
#include "data/source.hpp"
#include "schedule/notes.hpp"
#include "schedule/training.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(stopping_tests)

using namespace schedule;
using config::Experiment;
using config::Options;

namespace {

/// Members suffice when that many were shown to it.
struct EnoughAt final : StoppingRule {
    explicit EnoughAt(std::size_t count) : enough(count) {}
    [[nodiscard]] bool is_enough_with(const analysis::MemberResult& next) override {
        shown.push_back(next.index);
        return shown.size() == enough;
    }

    std::size_t enough;
    std::vector<std::uint32_t> shown;
};

/// Ranks that have asked for a member each, 0 to `ranks` − 1, of 9 with that rule.
struct Begun {
    explicit Begun(std::size_t enough, int ranks = 3, std::vector<WorkUnit> units = {})
        : rule(enough), coordinator(9, ranks, 4, {}, true, std::move(units)) {
        coordinator.set_analysis(stages);
        coordinator.set_rule(rule);
        for (int rank = 0; rank < ranks; ++rank) static_cast<void>(coordinator.receive(rank, Request{}, 0));
    }

    Answers receive(int rank, const Message& message) { return coordinator.receive(rank, message, ++now_s); }

    EnoughAt rule;
    StagesOf stages{{1}};
    Coordinator coordinator;
    double now_s = 0;
};

bool gives_up(const Answers& answers) {
    return std::ranges::all_of(answers, [](const auto& answer) {
        const auto* order = std::get_if<Suspend>(&answer.message);
        return order != nullptr && !order->saves;
    });
}

using Members = std::vector<std::uint32_t>;

/// Small members of two classes in the plane.
Options options_of_members(std::size_t members, double gain) {
    Options options;
    options.data = "moons:train=120,test=30";
    options.training.batch = 20;
    options.training.epochs = 2;
    options.nets = {"dense(8) relu"};
    options.members = members;
    options.stop_when = gain;
    return options;
}

Experiment experiment_of(const Options& options) {
    return {options, data::load(options.data, options.seed)};
}

constexpr double any_gain = 1e3;  // nothing adds as much

}  // namespace

BOOST_AUTO_TEST_CASE(the_rule_sees_members_in_order_and_those_behind_are_left_out) {
    Begun run(2);
    BOOST_TEST(run.receive(2, Request{}).size() == 1U);  // has trained member 2, is given 3
    BOOST_TEST(run.receive(2, finished(2, 0.9)).empty());
    BOOST_TEST(run.receive(1, finished(1, 0.7)).empty());
    BOOST_TEST(run.rule.shown.empty());
    const Answers order = run.receive(0, finished(0, 0.5));
    BOOST_TEST((run.rule.shown == Members{0, 1}));
    BOOST_TEST(goes_to_all<Suspend>(order, 3));
    BOOST_TEST(gives_up(order));
    BOOST_TEST(run.coordinator.members() == 2U);
    BOOST_TEST(run.coordinator.missing().empty());
    BOOST_TEST(run.coordinator.is_settled(2));
    BOOST_TEST(run.coordinator.is_settled(7));

    // What was on its way: rank 2 has trained a member that nobody needs, and asks for more.
    BOOST_TEST(run.receive(2, Progress{.member = 3, .epoch = 1, .fraction = 0.5}).empty());
    BOOST_TEST(run.receive(2, Request{}).empty());
    BOOST_TEST(run.receive(2, finished(3, 0.95)).empty());
    BOOST_TEST(run.receive(0, Suspended{}).empty());
    BOOST_TEST(run.receive(2, Suspended{}).empty());
    BOOST_TEST(!run.coordinator.is_analysing());
    const Answers end = run.receive(1, Suspended{});
    BOOST_TEST(goes_to_all<Analyse>(end, 3));
    BOOST_TEST((run.stages.members == Members{0, 1}));
    BOOST_TEST(run.stages.best.value() == 1U);
    BOOST_TEST(run.coordinator.progress(20).fraction == 1.0);
    BOOST_TEST(analyse_all(run.coordinator, end).empty());
    BOOST_TEST(run.coordinator.is_over());
    BOOST_TEST(run.coordinator.suspended_by().empty());
    BOOST_TEST(run.coordinator.results().size() == 2U);
}

BOOST_AUTO_TEST_CASE(where_nobody_trains_nobody_is_waited_for) {
    Begun run(1, 1);
    BOOST_TEST(goes_to_all<Analyse>(run.receive(0, finished(0, 0.5)), 1));
    BOOST_TEST((run.stages.members == Members{0}));
}

BOOST_AUTO_TEST_CASE(a_rank_that_is_lost_is_not_waited_for) {
    Begun run(1, 2);
    static_cast<void>(run.receive(0, finished(0, 0.5)));
    BOOST_TEST(run.receive(0, Suspended{}).empty());
    const Answers end = run.coordinator.lose(1, "was killed", ++run.now_s);
    BOOST_TEST_REQUIRE(end.size() == 1U);
    BOOST_TEST(std::holds_alternative<Analyse>(end[0].message));
    BOOST_TEST((run.stages.members == Members{0}));
}

BOOST_AUTO_TEST_CASE(a_rank_that_does_not_give_up_is_overdue) {
    Begun run(1, 2);
    static_cast<void>(run.receive(0, finished(0, 0.5)));
    static_cast<void>(run.receive(0, Suspended{}));
    BOOST_TEST(!run.coordinator.overdue(longest_suspension_s).has_value());
    BOOST_TEST(run.coordinator.overdue(longest_suspension_s + 10).value() == 1);
}

BOOST_AUTO_TEST_CASE(members_may_turn_out_to_be_enough_while_the_run_is_being_stopped) {
    Begun run(2, 2);
    static_cast<void>(run.receive(1, finished(1, 0.5)));
    static_cast<void>(run.coordinator.suspend("SIGTERM", ++run.now_s));
    BOOST_TEST(run.receive(1, Suspended{}).empty());
    BOOST_TEST(run.receive(0, finished(0, 0.5)).empty());
    BOOST_TEST(goes_to_all<Analyse>(run.receive(0, Suspended{}), 2));
    BOOST_TEST((run.stages.members == Members{0, 1}));
    BOOST_TEST(run.coordinator.missing().empty());
}

BOOST_AUTO_TEST_CASE(until_they_are_enough_all_are_handed_out) {
    Begun run(10, 1);
    for (std::uint32_t member = 0; member < 8; ++member) {
        static_cast<void>(run.receive(0, finished(member, 0.5, member == 3 ? "diverged" : "")));
        BOOST_TEST(assigned(run.receive(0, Request{}), 0).value() == member + 1);
    }
    BOOST_TEST(goes_to_all<Analyse>(run.receive(0, finished(8, 0.5)), 1));
    BOOST_TEST((run.stages.members == Members{0, 1, 2, 4, 5, 6, 7, 8}));
    BOOST_TEST(run.rule.shown.size() == 9U);
}

BOOST_AUTO_TEST_CASE(training_ends_with_the_first_members_that_are_enough) {
    const Experiment experiment = experiment_of(options_of_members(9, any_gain));
    Notes notes;
    const Trained trained = train_members(comm::Communicator::local(), experiment, notes, notes, {});
    BOOST_TEST_REQUIRE(trained.rule != nullptr);
    const analysis::StopResult& result = trained.rule->result();
    BOOST_TEST(result.stopped);
    BOOST_TEST(result.members == analysis::MarginalGains::least_rounds);
    BOOST_TEST(result.last.bound < any_gain);
    BOOST_TEST(trained.coordinator->members() == result.members);
    BOOST_TEST(trained.analysis->analysis()->committee().members.size() == result.members);
    BOOST_TEST(notes.done.size() == result.members);
    BOOST_TEST(std::ranges::any_of(notes.notices, [](const auto& text) { return text.starts_with("With 4 members"); }));

    const Trained all =
        train_members(comm::Communicator::local(), experiment_of(options_of_members(5, 1e-12)), notes, notes, {});
    BOOST_TEST(!all.rule->result().stopped);
    BOOST_TEST(all.rule->result().members == 5U);
    BOOST_TEST(all.coordinator->members() == 5U);
}

BOOST_AUTO_TEST_CASE(runs_of_snapshots_and_rounds_of_networks_are_whole) {
    Options options = options_of_members(30, any_gain);
    options.nets = {"dense(8) relu", "dense(4) tanh"};
    options.snapshots = 2;
    Notes notes;
    const Trained trained = train_members(comm::Communicator::local(), experiment_of(options), notes, notes, {});
    BOOST_TEST(trained.rule->result().round == 4U);
    BOOST_TEST(trained.rule->result().members == 16U);
    BOOST_TEST(trained.coordinator->members() == 16U);
}

BOOST_AUTO_TEST_CASE(excluded_members_keep_their_place_and_count_for_nothing) {
    const Experiment experiment = experiment_of(options_of_members(9, any_gain));
    Notes whole;
    static_cast<void>(train_members(comm::Communicator::local(), experiment, whole, whole, {}));
    Notes notes;
    notes.on_load = [&](std::uint32_t member) -> store::SavedMember {
        if (member != 1) return {};
        train::MemberState diverged = whole.stored[1];
        diverged.excluded = "its loss stopped being a finite number";
        return {.state = diverged, .is_final = true, .refused = {}};
    };
    const Trained trained = train_members(comm::Communicator::local(), experiment, notes, notes, {});
    BOOST_TEST(trained.rule->result().members == 5U);
    BOOST_TEST(trained.coordinator->results().size() == 5U);
    BOOST_TEST(trained.analysis->analysis()->committee().members.size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
