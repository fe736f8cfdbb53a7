#include "schedule/coordinator.hpp"

#include <algorithm>
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "answers.hpp"
#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(coordinator_tests)

using namespace schedule;
BOOST_AUTO_TEST_CASE(members_are_handed_out_in_order_to_whoever_asks) {
    Coordinator coordinator(3, 2, 4);
    StagesOf stages({1});
    coordinator.set_analysis(stages);
    BOOST_TEST(assigned(coordinator.receive(1, Request{}, 1), 1).value() == 0U);
    BOOST_TEST(assigned(coordinator.receive(0, Request{}, 1), 0).value() == 1U);
    // Asked for ahead: member 0 is trained but not yet stored.
    BOOST_TEST(assigned(coordinator.receive(1, Request{}, 5), 1).value() == 2U);
    BOOST_TEST(coordinator.receive(1, finished(0, 0.5), 6).empty());
    BOOST_TEST(coordinator.receive(0, Request{}, 7).empty());
    BOOST_TEST(coordinator.receive(0, finished(1, 0.9), 8).empty());
    BOOST_TEST(!coordinator.is_over());
    BOOST_TEST(coordinator.receive(1, Request{}, 9).empty());
    const Answers end = coordinator.receive(1, finished(2, 0.7), 10);
    BOOST_TEST(goes_to_all<Analyse>(end, 2));
    BOOST_TEST(stages.best.value() == 1U);
    BOOST_TEST((stages.members == std::vector<std::uint32_t>{0, 1, 2}));
    BOOST_TEST(!coordinator.is_over());
    BOOST_TEST(analyse_all(coordinator, end).empty());
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(coordinator.results()[2].validation_score == 0.7);
    BOOST_TEST(coordinator.times().train_s() == 9.0);
    BOOST_TEST(coordinator.samples() == 300U);
    BOOST_TEST(coordinator.times().idle_fraction() == 1.0 - 6.0 / 18.0, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(coordinator.times().idle_s() == 18.0 - 6.0, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(coordinator.times().efficiency_bound() == 3.0 / 4.0);
    BOOST_TEST(coordinator.times().communication_fraction() == 1.5 / 18.0, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(the_best_does_not_depend_on_the_order_of_arrival) {
    for (const bool forward : {true, false}) {
        Coordinator coordinator(2, 2, 4);
        StagesOf stages({1});
        coordinator.set_analysis(stages);
        static_cast<void>(coordinator.receive(0, Request{}, 0));
        static_cast<void>(coordinator.receive(1, Request{}, 0));
        const int first = forward ? 0 : 1;
        static_cast<void>(coordinator.receive(first, finished(static_cast<std::uint32_t>(first), 0.5), 1));
        const Answers end = coordinator.receive(1 - first, finished(static_cast<std::uint32_t>(1 - first), 0.5), 1);
        BOOST_TEST(goes_to_all<Analyse>(end, 2));
        BOOST_TEST(stages.best.value() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(a_member_set_aside_is_never_the_best) {
    Coordinator coordinator(2, 1, 4);
    StagesOf stages({1});
    coordinator.set_analysis(stages);
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    static_cast<void>(coordinator.receive(0, finished(0, 0.99, "diverged"), 1));
    const Answers end = coordinator.receive(0, finished(1, 0.1), 2);
    BOOST_TEST(goes_to_all<Analyse>(end, 1));
    BOOST_TEST(stages.best.value() == 1U);
    BOOST_TEST((stages.members == std::vector<std::uint32_t>{1}));
    BOOST_TEST(!coordinator.failure().has_value());
}

BOOST_AUTO_TEST_CASE(if_all_are_set_aside_the_run_fails) {
    Coordinator coordinator(1, 3, 4);
    static_cast<void>(coordinator.receive(2, Request{}, 0));
    const Answers end = coordinator.receive(2, finished(0, 0.99, "its loss is no number"), 1);
    BOOST_TEST(goes_to_all<Stop>(end, 3));
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST_REQUIRE(coordinator.failure().has_value());
    BOOST_TEST(coordinator.failure()->exit_code() == 4);
    BOOST_TEST(contains(coordinator.failure()->what(), "its loss is no number"));
}

BOOST_AUTO_TEST_CASE(a_failing_rank_stops_all_and_the_first_error_counts) {
    Coordinator coordinator(5, 3, 4);
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    const Answers end = coordinator.receive(1, Failed{.kind = core::Failure::run, .message = "disk full"}, 1);
    BOOST_TEST(goes_to_all<Stop>(end, 3));
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(coordinator.receive(2, Failed{.kind = core::Failure::data, .message = "me too"}, 2).empty());
    BOOST_TEST(coordinator.receive(2, Request{}, 2).empty());
    BOOST_TEST(coordinator.fail(core::Error(core::Failure::run, "and me")).empty());
    BOOST_TEST(coordinator.failure()->what() == "disk full");
}

BOOST_AUTO_TEST_CASE(letters_that_cannot_be_are_refused) {
    Coordinator coordinator(3, 2, 4);
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    const auto refused = [&](int rank, const Message& message) {
        return failure_of(core::Failure::run, [&] { static_cast<void>(coordinator.receive(rank, message, 1)); });
    };
    BOOST_TEST(contains(refused(1, finished(0, 0.5)), "rank 1 sends news of a member that it does not have"));
    BOOST_TEST(contains(refused(0, finished(1, 0.5)), "does not have"));
    BOOST_TEST(contains(refused(1, Progress{.member = 0, .epoch = 1}), "does not have"));
    BOOST_TEST(contains(refused(0, Assign{}), "rank 0 sends an assignment"));
    BOOST_TEST(contains(refused(0, Analyse{}), "an order to analyse"));
    BOOST_TEST(contains(refused(0, Stop{}), "an order to stop"));
    BOOST_TEST(contains(refused(0, Threads{}), "an order about threads"));
    BOOST_TEST(contains(refused(1, Analysed{.job = 3, .result = {}}), "the result of a job that it was not given"));
    static_cast<void>(coordinator.receive(0, Request{}, 1));
    BOOST_TEST(contains(refused(0, Request{}), "a second request"));
}

BOOST_AUTO_TEST_CASE(longest_expected_first_behind_those_that_are_trained) {
    // In one unit, whatever it is; member 3 is the longest but for what is behind it.
    Coordinator coordinator(6, 1, 4,
                            {{.whole = 2},
                             {.whole = 3},
                             {.whole = 1, .done = 1},
                             {.whole = 9, .done = 0.9},
                             {.whole = 5, .done = 1},
                             {.whole = 2}});
    for (const std::uint32_t member : {2U, 4U, 1U, 0U, 5U, 3U}) {
        BOOST_TEST(assigned(coordinator.receive(0, Request{}, 0), 0).value() == member);
        static_cast<void>(analyse_all(coordinator, coordinator.receive(0, finished(member, 0.5), 0)));
    }
    BOOST_TEST(coordinator.is_over());
}

BOOST_AUTO_TEST_CASE(what_can_be_reached_depends_on_how_long_members_took) {
    // A long member beside two short ones: no rank is ever idle, which three of one length could not do.
    Coordinator coordinator(3, 2, 4);
    const auto take = [&](int rank, std::uint32_t member, double from_s, double to_s) {
        BOOST_TEST(assigned(coordinator.receive(rank, Request{}, from_s), rank).value() == member);
        return [&coordinator, rank, member, from_s, to_s] {
            Finished done = finished(member, 0.5);
            done.busy_s = to_s - from_s;
            static_cast<void>(coordinator.receive(rank, done, to_s));
        };
    };
    const auto end_long = take(0, 0, 0, 10);
    take(1, 1, 0, 5)();
    const auto end_short = take(1, 2, 5, 10);
    end_long();
    end_short();
    BOOST_TEST(coordinator.times().idle_fraction() == 0.0);
    BOOST_TEST(coordinator.times().efficiency_bound() == 1.0, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(what_is_left_after_a_resume_is_told_from_what_was_done_since) {
    Coordinator coordinator(3, 1, 4, {{.done = 1}, {.done = 0.5}, {.done = 0.75}});
    BOOST_TEST(assigned(coordinator.receive(0, Request{}, 0), 0).value() == 0U);
    Finished tested = finished(0, 0.5);
    tested.busy_s = 1;
    BOOST_TEST(coordinator.receive(0, tested, 1).empty());
    BOOST_TEST(assigned(coordinator.receive(0, Request{}, 1), 0).value() == 1U);
    static_cast<void>(coordinator.receive(0, Progress{.member = 1, .epoch = 3, .fraction = 0.75}, 10));
    // A quarter took ten seconds, testing included: a quarter of this member is left, and of the next.
    BOOST_TEST(coordinator.progress(10).left_s == (0.25 + 0.25) * 40, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_suspended_run_combines_what_is_done_once_all_have_kept_theirs) {
    Coordinator coordinator(5, 2, 4);
    StagesOf stages({1});
    coordinator.set_analysis(stages);
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    static_cast<void>(coordinator.receive(1, Request{}, 0));
    static_cast<void>(coordinator.receive(0, Request{}, 1));
    static_cast<void>(coordinator.receive(0, finished(0, 0.5), 1));
    BOOST_TEST(goes_to_all<Suspend>(coordinator.receive(1, Interrupted{"SIGTERM"}, 10), 2));
    BOOST_TEST(coordinator.receive(0, Interrupted{"SIGTERM"}, 10).empty());
    BOOST_TEST(coordinator.suspended_by() == "SIGTERM");
    BOOST_TEST(coordinator.receive(0, Suspended{}, 11).empty());
    BOOST_TEST(
        contains(failure_of(core::Failure::run, [&] { static_cast<void>(coordinator.receive(0, Suspended{}, 11)); }),
                 "stopped, though nobody asked"));
    // On its way when the order came: it gets nothing more.
    BOOST_TEST(coordinator.receive(1, Request{}, 11).empty());
    BOOST_TEST(coordinator.receive(1, finished(1, 0.7), 11).empty());
    BOOST_TEST(!coordinator.is_over());
    const Answers end = coordinator.receive(1, Suspended{}, 12);
    BOOST_TEST(goes_to_all<Analyse>(end, 2));
    BOOST_TEST(stages.best.value() == 1U);
    BOOST_TEST((stages.members == std::vector<std::uint32_t>{0, 1}));
    BOOST_TEST(analyse_all(coordinator, end).empty());
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(!coordinator.failure().has_value());
    BOOST_TEST(coordinator.results().size() == 2U);
    BOOST_TEST((coordinator.missing() == std::vector<std::uint32_t>{2, 3, 4}));
    // Two seconds for each finished member, and ten for the one that is kept.
    BOOST_TEST(coordinator.times().train_s() == 11.0);
    BOOST_TEST(coordinator.times().idle_s() == 22.0 - 14.0, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_suspended_run_without_any_member_just_stops) {
    Coordinator coordinator(5, 1, 4);
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    static_cast<void>(coordinator.suspend("its time limit", 1));
    BOOST_TEST(goes_to_all<Stop>(coordinator.receive(0, Suspended{}, 2), 1));
    BOOST_TEST_REQUIRE(coordinator.failure().has_value());
    BOOST_TEST(coordinator.failure()->exit_code() == 75);
    BOOST_TEST(contains(coordinator.failure()->what(), "stopped by its time limit"));
}

BOOST_AUTO_TEST_CASE(the_last_member_may_come_after_the_order_to_suspend) {
    Coordinator coordinator(1, 2, 4);
    StagesOf stages({1});
    coordinator.set_analysis(stages);
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    static_cast<void>(coordinator.receive(1, Request{}, 0));
    static_cast<void>(coordinator.suspend("SIGTERM", 1));
    BOOST_TEST(coordinator.receive(1, Suspended{}, 2).empty());
    BOOST_TEST(goes_to_all<Analyse>(coordinator.receive(0, finished(0, 0.5), 2), 2));
    BOOST_TEST(coordinator.receive(0, Suspended{}, 3).empty());
    BOOST_TEST(coordinator.missing().empty());
    BOOST_TEST(coordinator.suspend("SIGTERM", 4).empty());
}

BOOST_AUTO_TEST_CASE(nobody_is_waited_for_for_ever) {
    Coordinator coordinator(5, 3, 4);
    BOOST_TEST(!coordinator.overdue(1e6).has_value());
    static_cast<void>(coordinator.suspend("SIGTERM", 10));
    static_cast<void>(coordinator.receive(0, Suspended{}, 11));
    BOOST_TEST(!coordinator.overdue(9 + longest_suspension_s).has_value());
    BOOST_TEST(coordinator.overdue(11 + longest_suspension_s).value() == 1);
    static_cast<void>(coordinator.receive(1, Suspended{}, 72));
    BOOST_TEST(coordinator.overdue(13 + longest_suspension_s).value() == 2);
    static_cast<void>(coordinator.receive(2, Suspended{}, 74));
    BOOST_TEST(!coordinator.overdue(1e6).has_value());
}

BOOST_AUTO_TEST_CASE(a_snapshot_says_how_far_everybody_is) {
    Coordinator coordinator(4, 2, 10);
    BOOST_TEST(std::isnan(coordinator.progress(0).left_s));
    static_cast<void>(coordinator.receive(0, Request{}, 100));
    static_cast<void>(coordinator.receive(1, Request{}, 100));
    static_cast<void>(
        coordinator.receive(0, Progress{.member = 0, .epoch = 6, .fraction = 0.5, .loss = 0.25, .samples = 60}, 105));
    static_cast<void>(
        coordinator.receive(1, Progress{.member = 1, .epoch = 6, .fraction = 0.5, .loss = 0.75, .samples = 60}, 105));
    static_cast<void>(coordinator.receive(
        1, EpochDone{{.member = 1, .epoch = 5, .validation_loss = 1, .validation_score = 0.875}}, 105));
    const auto progress = coordinator.progress(110);
    BOOST_TEST(progress.members == 4U);
    BOOST_TEST(progress.epochs == 10U);
    BOOST_TEST(progress.members_done == 0U);
    BOOST_TEST(progress.fraction == 0.25);
    BOOST_TEST(progress.elapsed_s == 10.0);
    BOOST_TEST(progress.samples_per_s == 12.0);
    // Half a member took 10 s on each rank: what is left is half a member and a whole one.
    BOOST_TEST(progress.left_s == 30.0, boost::test_tools::tolerance(1e-12));
    BOOST_TEST_REQUIRE(progress.ranks.size() == 2U);
    BOOST_TEST(progress.ranks[1].training);
    BOOST_TEST(progress.ranks[1].member == 1U);
    BOOST_TEST(progress.ranks[1].loss == 0.75);
    BOOST_TEST(progress.ranks[1].validation_score == 0.875);

    static_cast<void>(coordinator.receive(0, finished(0, 0.5), 120));
    const auto later = coordinator.progress(120);
    BOOST_TEST(!later.ranks[0].training);
    BOOST_TEST(later.members_done == 1U);
    BOOST_TEST(later.fraction == 0.375);
}

BOOST_AUTO_TEST_CASE(members_of_a_unit_stay_together_and_come_back_together) {
    Coordinator coordinator(5, 2, 4, {}, true, {{0, 3}, {3, 2}});
    const auto units = [&](const Answers& answers) {
        std::vector<WorkUnit> all;
        for (const auto& answer : answers) all.push_back(std::get<Assign>(answer.message).unit);
        return all;
    };
    BOOST_TEST((units(coordinator.receive(0, Request{}, 0)) == std::vector<WorkUnit>{{0, 3}}));
    BOOST_TEST((units(coordinator.receive(1, Request{}, 0)) == std::vector<WorkUnit>{{3, 2}}));
    BOOST_TEST(coordinator.receive(0, finished(0, 0.5), 1).empty());
    BOOST_CHECK_THROW(static_cast<void>(coordinator.receive(0, finished(0, 0.5), 1)), core::Error);
    BOOST_CHECK_THROW(static_cast<void>(coordinator.receive(0, finished(2, 0.5), 1)), core::Error);
    static_cast<void>(coordinator.receive(0, Progress{.member = 1, .epoch = 3, .fraction = 0.75}, 1));
    BOOST_TEST(coordinator.progress(1).ranks[0].member == 1U);
    BOOST_TEST(coordinator.receive(1, finished(3, 0.5), 2).empty());
    BOOST_TEST(coordinator.receive(1, Request{}, 2).empty());  // its last member predicts
    BOOST_TEST(coordinator.receive(1, finished(4, 0.5), 3).empty());
    // Rank 1 gets the whole unit: what is done of it is on disk.
    BOOST_TEST((units(coordinator.lose(0, "was killed", 4)) == std::vector<WorkUnit>{{0, 3}}));
    for (const std::uint32_t member : {0U, 1U}) BOOST_TEST(coordinator.receive(1, finished(member, 0.5), 5).empty());
    BOOST_TEST(coordinator.members_done() == 4U);
    BOOST_TEST(analyse_all(coordinator, coordinator.receive(1, finished(2, 0.5), 6)).empty());
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(!coordinator.failure());
}

BOOST_AUTO_TEST_SUITE_END()
