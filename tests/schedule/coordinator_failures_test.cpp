#include <set>

#include <boost/test/unit_test.hpp>

#include "answers.hpp"
#include "schedule/coordinator.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(coordinator_failures_tests)

using namespace schedule;

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

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_lost_rank_had_goes_to_others_and_its_letters_do_not_count) {
    Coordinator coordinator = three_at_work(5);
    StagesOf stages({1});
    coordinator.set_analysis(stages);
    BOOST_TEST(assigned(coordinator.receive(2, Request{}, 2), 2).value() == 3U);
    BOOST_TEST(coordinator.receive(2, finished(2, 0.9), 3).empty());
    BOOST_TEST(coordinator.members_done() == 1U);
    BOOST_TEST(assigned(coordinator.receive(2, Request{}, 4), 2).value() == 4U);
    // The one in training and the next come back, in this order; what is finished is in its files.
    BOOST_TEST(coordinator.lose(2, "was killed", 5).empty());
    BOOST_TEST(coordinator.lose(2, "was killed", 5).empty());
    BOOST_TEST(coordinator.ranks_lost() == 1U);
    BOOST_TEST(coordinator.members_done() == 1U);
    BOOST_TEST(coordinator.receive(2, finished(3, 0.9), 6).empty());
    BOOST_TEST(coordinator.receive(2, Request{}, 6).empty());
    BOOST_TEST(coordinator.members_done() == 1U);
    BOOST_TEST(assigned(coordinator.receive(1, Request{}, 7), 1).value() == 3U);
    BOOST_TEST(assigned(coordinator.receive(0, Request{}, 7), 0).value() == 4U);
    BOOST_TEST(coordinator.receive(1, finished(1, 0.5), 8).empty());
    BOOST_TEST(coordinator.receive(1, Request{}, 8).empty());
    BOOST_TEST(coordinator.receive(0, finished(0, 0.5), 9).empty());
    BOOST_TEST(coordinator.receive(0, Request{}, 9).empty());
    BOOST_TEST(coordinator.receive(1, finished(3, 0.9), 10).empty());
    const Answers end = coordinator.receive(0, finished(4, 0.5), 11);
    BOOST_TEST(goes_to_all<Analyse>(end, 2));
    BOOST_TEST((stages.members == std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
    BOOST_TEST(!coordinator.is_over());
    BOOST_TEST(analyse_all(coordinator, end).empty());
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(!coordinator.failure());
}

BOOST_AUTO_TEST_CASE(what_a_lost_rank_had_is_handed_out_by_what_is_left_of_it) {
    Coordinator coordinator = three_at_work(7);
    BOOST_TEST(assigned(coordinator.receive(2, Request{}, 2), 2).value() == 3U);
    BOOST_TEST(coordinator.receive(2, finished(2, 0.9), 3).empty());
    BOOST_TEST(assigned(coordinator.receive(2, Request{}, 4), 2).value() == 4U);
    static_cast<void>(coordinator.receive(2, Progress{.member = 3, .epoch = 3, .fraction = 0.75, .saved = 0.5}, 5));
    static_cast<void>(coordinator.receive(1, Progress{.member = 1, .epoch = 3, .fraction = 0.75}, 5));
    BOOST_TEST(coordinator.lose(2, "was killed", 5).empty());
    BOOST_TEST(coordinator.lose(1, "was killed", 5).empty());
    // All of which nothing is kept, and what was in training and is kept.
    std::vector<std::uint32_t> order;
    for (std::uint32_t had = 0; order.size() < 5; had = order.back()) {
        order.push_back(assigned(coordinator.receive(0, Request{}, 6), 0).value());
        static_cast<void>(coordinator.receive(0, finished(had, 0.5), 7));
    }
    BOOST_TEST((order == std::vector<std::uint32_t>{1, 4, 5, 6, 3}));
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
    const auto finish = [&](int rank, Finished message, double now_s) {
        static_cast<void>(coordinator.receive(rank, Request{}, now_s));
        return coordinator.receive(rank, message, now_s);
    };
    BOOST_TEST(finish(0, finished(0, 0.5), 10).empty());
    BOOST_TEST(finish(1, finished(1, 0.5), 10).empty());
    BOOST_TEST(goes_to_all<Analyse>(coordinator.receive(0, finished(3, 0.9), 11), 2));
    BOOST_TEST(coordinator.results()[2].train_s == 1.0);
    BOOST_TEST(coordinator.results()[3].train_s == 1.0 + 4.0);
    // Ten seconds of three ranks; busy for four members of two each, and the lost one for 6 with its second member.
    BOOST_TEST(coordinator.times().idle_s() == 30.0 - 14.0, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(who_waits_takes_over_at_once) {
    Coordinator coordinator = three_at_work(3);
    BOOST_TEST(coordinator.receive(0, Request{}, 2).empty());
    BOOST_TEST(coordinator.receive(0, finished(0, 0.5), 3).empty());
    BOOST_TEST(assigned(coordinator.lose(1, "was killed", 4), 0).value() == 1U);
}

BOOST_AUTO_TEST_CASE(who_has_nothing_to_do_lends_its_core_until_it_has) {
    Coordinator coordinator(4, 3, 4, {}, true);
    coordinator.share_cores({{0, 8}, {0, 8}, {0, 8}});
    const auto threads_for = [](int rank, const Answers& answers) -> std::optional<int> {
        for (const auto& answer : answers) {
            const auto* threads = std::get_if<Threads>(&answer.message);
            if (threads != nullptr && answer.rank == rank) return threads->count;
        }
        return std::nullopt;
    };
    for (int rank = 0; rank < 3; ++rank) BOOST_TEST(coordinator.receive(rank, Request{}, 1).size() == 1U);
    BOOST_TEST(coordinator.receive(1, Request{}, 2).size() == 1U);  // the last one
    BOOST_TEST(coordinator.receive(0, Request{}, 2).empty());       // waits, but predicts with what it has
    Answers answers = coordinator.receive(0, finished(0, 0.5), 3);
    BOOST_TEST(answers.size() == 1U);
    BOOST_TEST(threads_for(1, answers).value() == 2);
    BOOST_TEST(coordinator.receive(2, Request{}, 3).empty());
    answers = coordinator.receive(2, finished(2, 0.5), 4);
    BOOST_TEST(answers.size() == 1U);
    BOOST_TEST(threads_for(1, answers).value() == 3);
    // What a lost rank had others take over, who need their cores back; its own is lent.
    answers = coordinator.lose(1, "was killed", 5);
    BOOST_TEST_REQUIRE(answers.size() == 3U);
    BOOST_TEST(assigned(Answers{answers[0]}, 0).value() == 1U);
    BOOST_TEST(assigned(Answers{answers[1]}, 2).value() == 3U);
    BOOST_TEST(threads_for(0, answers).value() == 2);
    BOOST_TEST(!threads_for(2, answers).has_value());
}

namespace {

/// Three ranks whose members are all done, with as many jobs of their analysis as `stages` say; the answers with which
/// it begins.
Answers begin_analysis(Coordinator& coordinator, StagesOf& stages) {
    coordinator.set_analysis(stages);
    Answers answers;
    for (int rank = 0; rank < 3; ++rank) {
        static_cast<void>(coordinator.receive(rank, Request{}, 2));
        answers = coordinator.receive(rank, finished(static_cast<std::uint32_t>(rank), 0.5), 3);
    }
    return answers;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_job_of_a_rank_lost_in_the_analysis_goes_to_another) {
    Coordinator coordinator = three_at_work(3);
    StagesOf stages({4});
    const Answers begun = begin_analysis(coordinator, stages);
    BOOST_TEST(goes_to_all<Analyse>(begun, 3));
    // Nobody is free; the next one to be gets it, before the last job.
    BOOST_TEST(coordinator.lose(2, "was killed", 4).empty());
    Answers answers = analyse_all(coordinator, Answers{begun[0]});
    BOOST_TEST_REQUIRE(answers.size() == 1U);
    BOOST_TEST(job_of(answers[0]) == job_of(begun[2]));
    BOOST_TEST(analyse_all(coordinator, Answers{begun[2]}).empty());  // was on its way, and does not count
    const Answers last = analyse_all(coordinator, Answers{begun[1]});
    BOOST_TEST(analyse_all(coordinator, answers).empty());
    BOOST_TEST(!coordinator.is_over());
    BOOST_TEST(analyse_all(coordinator, last).empty());
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(!coordinator.failure());
    BOOST_TEST(coordinator.results().size() == 3U);
}

BOOST_AUTO_TEST_CASE(who_is_free_takes_over_a_lost_ranks_job_at_once) {
    Coordinator coordinator = three_at_work(3);
    StagesOf stages({4});
    const Answers begun = begin_analysis(coordinator, stages);
    const Answers last = analyse_all(coordinator, Answers{begun[0]});
    BOOST_TEST(analyse_all(coordinator, last).empty());  // rank 0 has nothing to do
    const Answers taken = coordinator.lose(1, "was killed", 4);
    BOOST_TEST_REQUIRE(taken.size() == 1U);
    BOOST_TEST(taken[0].rank == 0);
    BOOST_TEST(job_of(taken[0]) == job_of(begun[1]));
    BOOST_TEST(analyse_all(coordinator, taken).empty());
    BOOST_TEST(!coordinator.is_over());
    BOOST_TEST(analyse_all(coordinator, Answers{begun[2]}).empty());
    BOOST_TEST(coordinator.is_over());
}

BOOST_AUTO_TEST_CASE(all_jobs_that_a_lost_rank_had_go_to_others) {
    constexpr std::uint64_t count = 8;
    Coordinator coordinator = three_at_work(3);
    StagesOf stages({count});
    Answers answers = begin_analysis(coordinator, stages);
    BOOST_TEST(answers.size() == 5U);  // while more than three wait
    BOOST_TEST(job_of(answers[4]) == 4U);
    std::erase_if(answers, [](const auto& answer) { return answer.rank == 1; });
    BOOST_TEST_REQUIRE(answers.size() == 3U);
    // Five wait, and each of the two that are left has one ahead.
    const Answers taken = coordinator.lose(1, "was killed", 4);
    BOOST_TEST_REQUIRE(taken.size() == 1U);
    BOOST_TEST(taken[0].rank == 2);
    BOOST_TEST(job_of(taken[0]) == 1U);
    answers.push_back(taken[0]);
    std::set<std::uint64_t> done;
    while (!answers.empty()) {
        Answers more;
        for (const auto& answer : answers) {
            BOOST_TEST(answer.rank != 1);
            BOOST_TEST(done.insert(job_of(answer)).second);
            for (auto& each : analyse_all(coordinator, {answer})) more.push_back(std::move(each));
        }
        answers = std::move(more);
    }
    BOOST_TEST(done.size() == count);
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(!coordinator.failure());
}

BOOST_AUTO_TEST_CASE(a_rank_lost_between_stages_gets_no_job_of_the_next_one) {
    Coordinator coordinator = three_at_work(3);
    StagesOf stages({1, 3});
    const Answers begun = begin_analysis(coordinator, stages);
    BOOST_TEST(coordinator.lose(1, "was killed", 4).empty());
    Answers answers = analyse_all(coordinator, Answers{begun[0]});
    BOOST_TEST_REQUIRE(answers.size() == 2U);
    BOOST_TEST(answers[0].rank == 0);
    BOOST_TEST(answers[1].rank == 2);
    while (!answers.empty()) answers = analyse_all(coordinator, answers);
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(!coordinator.failure());
}

BOOST_AUTO_TEST_CASE(without_recovery_a_rank_lost_in_the_analysis_ends_the_run) {
    Coordinator coordinator(1, 2, 4);
    StagesOf stages({1});
    coordinator.set_analysis(stages);
    static_cast<void>(coordinator.receive(1, Request{}, 1));
    static_cast<void>(coordinator.receive(1, finished(0, 0.5), 2));
    BOOST_TEST(goes_to_all<Stop>(coordinator.lose(1, "was killed", 3), 2));
    BOOST_TEST(coordinator.failure().has_value());
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_lost_ranks) {
    Coordinator coordinator = three_at_work(5);
    StagesOf stages({1});
    coordinator.set_analysis(stages);
    BOOST_TEST(coordinator.receive(1, finished(1, 0.5), 2).empty());
    BOOST_TEST(coordinator.suspend("SIGTERM", 3).size() == 3U);
    BOOST_TEST(coordinator.receive(0, Suspended{}, 4).empty());
    BOOST_TEST(coordinator.receive(1, Suspended{}, 4).empty());
    const Answers end = coordinator.lose(2, "was killed", 5);
    BOOST_TEST(goes_to_all<Analyse>(Answers{end[0], end[1]}, 2));
    BOOST_TEST((stages.members == std::vector<std::uint32_t>{1}));
    BOOST_TEST(analyse_all(coordinator, end).empty());
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(coordinator.missing().size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
