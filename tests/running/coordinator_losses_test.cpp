#include <boost/test/unit_test.hpp>

#include "answers.hpp"
#include "run/coordinator.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(coordinator_losses_tests)

using namespace run;

BOOST_AUTO_TEST_CASE(without_recovery_a_lost_rank_ends_the_run) {
    Coordinator coordinator(3, 2, 4);
    BOOST_TEST(coordinator.receive(1, Request{}, 1).size() == 1U);
    BOOST_TEST(goes_to_all<Stop>(coordinator.lose(1, "was killed", 2), 2));
    BOOST_TEST(std::string(coordinator.failure()->what()).find("rank 1 was killed") != std::string::npos);
}

namespace {

/// Three ranks with members 0, 1 and 2 of `members`.
Coordinator three_at_work(std::size_t members) {
    Coordinator coordinator(members, 3, 4, {}, true);
    for (int rank = 0; rank < 3; ++rank) static_cast<void>(coordinator.receive(rank, Request{}, 1));
    return coordinator;
}

/// The order to combine that `rank` gets among `answers`.
Combine order_for(int rank, const Answers& answers) {
    for (const auto& answer : answers) {
        if (answer.rank == rank) return std::get<Combine>(answer.letter);
    }
    return {.round = -1};
}

/// The root has the sum of that round.
void combined(Coordinator& coordinator, std::int32_t round) {
    BOOST_TEST(coordinator.receive(0, Combined{round}, 50).empty());
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_lost_rank_had_goes_to_others_and_its_letters_do_not_count) {
    Coordinator coordinator = three_at_work(5);
    BOOST_TEST(assigned(coordinator.receive(2, Request{}, 2), 2).value() == 3U);
    BOOST_TEST(coordinator.receive(2, finished(2, 0.9), 3).empty());
    BOOST_TEST(coordinator.members_done() == 1U);
    BOOST_TEST(assigned(coordinator.receive(2, Request{}, 4), 2).value() == 4U);
    // Finished, in training, and the next: all three come back, in this order.
    BOOST_TEST(coordinator.lose(2, "was killed", 5).empty());
    BOOST_TEST(coordinator.lose(2, "was killed", 5).empty());
    BOOST_TEST(coordinator.ranks_lost() == 1U);
    BOOST_TEST(coordinator.members_done() == 0U);
    BOOST_TEST(coordinator.receive(2, finished(3, 0.9), 6).empty());
    BOOST_TEST(coordinator.receive(2, Request{}, 6).empty());
    BOOST_TEST(coordinator.members_done() == 0U);
    BOOST_TEST(assigned(coordinator.receive(1, Request{}, 7), 1).value() == 2U);
    BOOST_TEST(assigned(coordinator.receive(0, Request{}, 7), 0).value() == 3U);
    BOOST_TEST(coordinator.receive(1, finished(1, 0.5), 8).empty());
    BOOST_TEST(assigned(coordinator.receive(1, Request{}, 8), 1).value() == 4U);
    BOOST_TEST(coordinator.receive(0, finished(0, 0.5), 9).empty());
    BOOST_TEST(coordinator.receive(0, Request{}, 9).empty());
    BOOST_TEST(coordinator.receive(1, finished(2, 0.9), 10).empty());
    BOOST_TEST(coordinator.receive(1, Request{}, 10).empty());
    BOOST_TEST(coordinator.receive(0, finished(3, 0.5), 11).empty());
    BOOST_TEST(goes_to_all<Combine>(coordinator.receive(1, finished(4, 0.5), 12), 2));
    BOOST_TEST(!coordinator.is_over());
    combined(coordinator, 1);
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(!coordinator.failure());
}

BOOST_AUTO_TEST_CASE(what_a_lost_rank_had_is_handed_out_by_what_is_left_of_it) {
    Coordinator coordinator = three_at_work(7);
    BOOST_TEST(assigned(coordinator.receive(2, Request{}, 2), 2).value() == 3U);
    BOOST_TEST(coordinator.receive(2, finished(2, 0.9), 3).empty());
    BOOST_TEST(assigned(coordinator.receive(2, Request{}, 4), 2).value() == 4U);
    static_cast<void>(coordinator.receive(2, Progress{.member = 3, .epoch = 3, .fraction = 0.75, .kept = 0.5}, 5));
    static_cast<void>(coordinator.receive(1, Progress{.member = 1, .epoch = 3, .fraction = 0.75}, 5));
    BOOST_TEST(coordinator.lose(2, "was killed", 5).empty());
    BOOST_TEST(coordinator.lose(1, "was killed", 5).empty());
    // The finished one, all of which nothing is kept, and what was in training and is kept.
    std::vector<std::uint32_t> order;
    for (std::uint32_t had = 0; order.size() < 6; had = order.back()) {
        order.push_back(assigned(coordinator.receive(0, Request{}, 6), 0).value());
        static_cast<void>(coordinator.receive(0, finished(had, 0.5), 7));
    }
    BOOST_TEST((order == std::vector<std::uint32_t>{2, 1, 4, 5, 6, 3}));
}

BOOST_AUTO_TEST_CASE(times_outlive_a_lost_rank) {
    Coordinator coordinator = three_at_work(4);
    BOOST_TEST(assigned(coordinator.receive(2, Request{}, 3), 2).value() == 3U);
    BOOST_TEST(coordinator.receive(2, finished(2, 0.9), 3).empty());  // a second of training, two on the rank
    train::EpochRecord record;
    record.member = 3;
    record.seconds = 4;
    BOOST_TEST(coordinator.receive(2, EpochDone{record}, 8).empty());
    BOOST_TEST(coordinator.receive(2, EpochDone{record, true}, 8).empty());
    BOOST_TEST(coordinator.lose(2, "was killed", 9).empty());
    const auto finish = [&](int rank, Finished letter, double now_s) {
        static_cast<void>(coordinator.receive(rank, Request{}, now_s));
        return coordinator.receive(rank, letter, now_s);
    };
    BOOST_TEST(finish(0, finished(0, 0.5), 10).empty());
    BOOST_TEST(finish(1, finished(1, 0.5), 10).empty());
    Finished tested = finished(2, 0.9);  // from its file, which has no times
    tested.result.train_s = 0;
    tested.busy_s = 1;
    BOOST_TEST(finish(0, tested, 11).empty());
    BOOST_TEST(goes_to_all<Combine>(finish(1, finished(3, 0.9), 11), 2));
    BOOST_TEST(coordinator.results()[2].train_s == 1.0);
    BOOST_TEST(coordinator.results()[3].train_s == 1.0 + 4.0);
    // Ten seconds of three ranks; busy for 2 + 2 + 2 + 1 + 2, and the lost one for 6 with its second member.
    BOOST_TEST(coordinator.idle_s() == 30.0 - 15.0, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(who_waits_takes_over_at_once) {
    Coordinator coordinator = three_at_work(3);
    BOOST_TEST(coordinator.receive(0, Request{}, 2).empty());
    BOOST_TEST(coordinator.receive(0, finished(0, 0.5), 3).empty());
    BOOST_TEST(assigned(coordinator.lose(1, "was killed", 4), 0).value() == 1U);
}

BOOST_AUTO_TEST_CASE(who_has_nothing_to_do_lends_its_core_until_it_has) {
    Coordinator coordinator(4, 3, 4, {}, true);
    coordinator.lend({{0, 8}, {0, 8}, {0, 8}});
    const auto threads_for = [](int rank, const Answers& answers) -> std::optional<int> {
        for (const auto& answer : answers) {
            const auto* threads = std::get_if<Threads>(&answer.letter);
            if (threads != nullptr && answer.rank == rank) return threads->count;
        }
        return std::nullopt;
    };
    for (int rank = 0; rank < 3; ++rank) BOOST_TEST(coordinator.receive(rank, Request{}, 1).size() == 1U);
    BOOST_TEST(coordinator.receive(0, Request{}, 2).size() == 1U);  // the last one
    BOOST_TEST(coordinator.receive(1, Request{}, 2).empty());       // waits, but tests what it has
    Answers answers = coordinator.receive(1, finished(1, 0.5), 3);
    BOOST_TEST(answers.size() == 1U);
    BOOST_TEST(threads_for(0, answers).value() == 2);
    BOOST_TEST(coordinator.receive(2, Request{}, 3).empty());
    answers = coordinator.receive(2, finished(2, 0.5), 4);
    BOOST_TEST(answers.size() == 1U);
    BOOST_TEST(threads_for(0, answers).value() == 3);
    // A rank that is lost has had a member that another takes over, which needs its core back.
    answers = coordinator.lose(2, "was killed", 5);
    BOOST_TEST(answers.size() == 2U);
    BOOST_TEST(assigned(Answers{answers.front()}, 1).value() == 2U);
    BOOST_TEST(threads_for(0, answers).value() == 2);
    BOOST_TEST(!threads_for(1, answers).has_value());
}

BOOST_AUTO_TEST_CASE(a_rank_lost_while_contributions_are_summed_is_made_good) {
    Coordinator coordinator = three_at_work(3);
    Answers answers;
    for (int rank = 0; rank < 3; ++rank) {
        BOOST_TEST(coordinator.receive(rank, Request{}, 2).empty());
        answers = coordinator.receive(rank, finished(static_cast<std::uint32_t>(rank), 0.5), 3);
    }
    BOOST_TEST(order_for(0, answers).parent == -1);
    BOOST_TEST(order_for(0, answers).children == 2);
    BOOST_TEST(order_for(2, answers).parent == 0);
    BOOST_TEST(order_for(2, answers).children == 0);
    BOOST_TEST(order_for(2, answers).round == 1);
    BOOST_TEST(assigned(coordinator.lose(2, "was killed", 4), 0).value() == 2U);
    combined(coordinator, 1);  // was on its way
    BOOST_TEST(!coordinator.is_over());
    BOOST_TEST(coordinator.receive(0, Request{}, 5).empty());
    answers = coordinator.receive(0, finished(2, 0.5), 6);
    BOOST_TEST(goes_to_all<Combine>(answers, 2));
    BOOST_TEST(order_for(0, answers).round == 2);
    combined(coordinator, 1);
    BOOST_TEST(!coordinator.is_over());
    combined(coordinator, 2);
    BOOST_TEST(coordinator.is_over());
}

BOOST_AUTO_TEST_CASE(a_rank_without_members_may_have_had_the_shares_of_others) {
    Coordinator coordinator(1, 4, 4, {}, true);
    BOOST_TEST(assigned(coordinator.receive(3, Request{}, 1), 3).value() == 0U);
    static_cast<void>(coordinator.receive(3, Request{}, 2));
    const Answers first = coordinator.receive(3, finished(0, 0.5), 3);
    BOOST_TEST(order_for(3, first).parent == 2);
    const Answers second = coordinator.lose(2, "was killed", 4);
    BOOST_TEST_REQUIRE(second.size() == 3U);
    BOOST_TEST(order_for(3, second).parent == 0);
    BOOST_TEST(order_for(3, second).round == 2);
    combined(coordinator, 2);
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(!coordinator.failure());
}

BOOST_AUTO_TEST_CASE(a_stop_during_the_sum_holds_if_a_lost_rank_begins_it_again) {
    Coordinator coordinator = three_at_work(3);
    for (int rank = 0; rank < 3; ++rank) {
        static_cast<void>(coordinator.receive(rank, Request{}, 2));
        static_cast<void>(coordinator.receive(rank, finished(static_cast<std::uint32_t>(rank), 0.5), 3));
    }
    BOOST_TEST(coordinator.receive(1, Interrupted{"SIGTERM"}, 4).empty());
    BOOST_TEST(goes_to_all<Suspend>(coordinator.lose(2, "was killed", 5), 2));
    BOOST_TEST(coordinator.suspended_by() == "SIGTERM");
    BOOST_TEST(coordinator.receive(0, Suspended{}, 6).empty());
    BOOST_TEST(goes_to_all<Combine>(coordinator.receive(1, Suspended{}, 7), 2));
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_lost_ranks) {
    Coordinator coordinator = three_at_work(5);
    BOOST_TEST(coordinator.receive(1, finished(1, 0.5), 2).empty());
    BOOST_TEST(coordinator.suspend("SIGTERM", 3).size() == 3U);
    BOOST_TEST(coordinator.receive(0, Suspended{}, 4).empty());
    BOOST_TEST(coordinator.receive(1, Suspended{}, 4).empty());
    BOOST_TEST(goes_to_all<Combine>(coordinator.lose(2, "was killed", 5), 2));
    combined(coordinator, 1);
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(coordinator.missing().size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_stop_combines_what_is_left_when_a_rank_is_lost_meanwhile) {
    Coordinator coordinator = three_at_work(5);
    BOOST_TEST(coordinator.receive(1, finished(1, 0.9), 2).empty());
    BOOST_TEST(coordinator.receive(2, finished(2, 0.5), 2).empty());
    static_cast<void>(coordinator.suspend("SIGTERM", 3));
    Answers answers;
    for (int rank = 0; rank < 3; ++rank) answers = coordinator.receive(rank, Suspended{}, 4);
    BOOST_TEST(order_for(0, answers).best == 1U);
    answers = coordinator.lose(1, "was killed", 5);
    BOOST_TEST(goes_to_all<Combine>(Answers{answers.begin(), answers.begin() + 1}, 1));
    BOOST_TEST(answers.size() == 2U);
    BOOST_TEST(order_for(0, answers).best == 2U);
    combined(coordinator, 2);
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(coordinator.missing().size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
