#include <cstdint>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "answers.hpp"
#include "failure.hpp"
#include "schedule/coordinator.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(coordinator_jobs_tests)

using namespace schedule;

BOOST_AUTO_TEST_CASE(the_analysis_goes_stage_by_stage_and_a_rank_hears_once_what_a_stage_is_about) {
    Coordinator coordinator(2, 3, 4);
    StagesOf stages({5, 1, 4});
    coordinator.set_analysis(stages);
    static_cast<void>(coordinator.receive(1, Request{}, 0));
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    static_cast<void>(coordinator.receive(1, finished(0, 0.5), 1));
    Answers answers = coordinator.receive(0, finished(1, 0.5), 1);
    BOOST_TEST(goes_to_all<Analyse>(answers, 3));
    std::vector<std::uint64_t> done;
    std::vector<std::pair<int, std::byte>> told;
    while (!answers.empty()) {
        BOOST_TEST(!coordinator.is_over());
        for (const auto& answer : answers) {
            const auto& order = std::get<Analyse>(answer.message);
            done.push_back(order.job);
            if (!order.context.empty()) told.emplace_back(answer.rank, order.context.front());
        }
        answers = analyse_all(coordinator, answers);
    }
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST((done == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    const std::byte fit{1};
    const std::byte second{2};
    const std::byte third{3};
    // Of the second stage only one rank has to know.
    const std::vector<std::pair<int, std::byte>> expected{{0, fit},   {1, fit},   {2, fit},  {0, second},
                                                          {0, third}, {1, third}, {2, third}};
    BOOST_TEST((told == expected));
}

namespace {

/// The jobs that answers give to a rank.
std::vector<std::uint64_t> jobs_for(int rank, const Answers& answers) {
    std::vector<std::uint64_t> jobs;
    for (const auto& answer : answers) {
        if (answer.rank == rank) jobs.push_back(job_of(answer));
    }
    return jobs;
}

}  // namespace

BOOST_AUTO_TEST_CASE(while_many_jobs_wait_ranks_have_one_ahead_and_the_last_go_to_whoever_is_free) {
    using Jobs = std::vector<std::uint64_t>;
    Coordinator coordinator(1, 2, 4);
    StagesOf stages({7, 1});
    coordinator.set_analysis(stages);
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    const Answers begun = coordinator.receive(0, finished(0, 0.5), 1);
    BOOST_TEST((jobs_for(0, begun) == Jobs{0, 2}));
    BOOST_TEST((jobs_for(1, begun) == Jobs{1, 3}));
    const auto done = [&](int rank, std::uint64_t job) {
        return coordinator.receive(rank, Analysed{.job = job, .result = {std::byte{1}}}, 2);
    };
    // Three wait, more than there are ranks; then no more than these.
    const Answers next = done(1, 1);
    BOOST_TEST((jobs_for(1, next) == Jobs{4}));
    BOOST_TEST(next.size() == 1U);
    BOOST_TEST(done(0, 0).empty());
    BOOST_TEST(done(1, 3).empty());
    BOOST_TEST((jobs_for(1, done(1, 4)) == Jobs{5}));
    BOOST_TEST((jobs_for(1, done(1, 5)) == Jobs{6}));
    BOOST_TEST(contains(failure_of(core::Failure::run, [&] { static_cast<void>(done(0, 6)); }), "was not given"));
    BOOST_TEST(done(1, 6).empty());
    BOOST_TEST(done(0, 2).size() == 1U);  // the next stage
}

BOOST_AUTO_TEST_CASE(a_stage_begins_with_what_it_needs_and_what_is_left_of_the_one_before_waits_behind_it) {
    using Jobs = std::vector<std::uint64_t>;
    Coordinator coordinator(1, 2, 4);
    StagesOf stages({5, 3}, 3);  // jobs 2 to 4 are not needed
    coordinator.set_analysis(stages);
    static_cast<void>(coordinator.receive(0, Request{}, 0));
    const Answers begun = coordinator.receive(0, finished(0, 0.5), 1);
    BOOST_TEST((jobs_for(0, begun) == Jobs{0, 2}));
    BOOST_TEST((jobs_for(1, begun) == Jobs{1}));
    const auto done = [&](int rank, std::uint64_t job) {
        return coordinator.receive(rank, Analysed{.job = job, .result = {std::byte{1}}}, 2);
    };
    BOOST_TEST((jobs_for(1, done(1, 1)) == Jobs{3}));
    const Answers next = done(0, 0);
    BOOST_TEST((jobs_for(0, next) == Jobs{5}));
    BOOST_TEST((jobs_for(1, next) == Jobs{6}));
    for (const auto& answer : next)
        BOOST_TEST((std::get<Analyse>(answer.message).context == std::vector{std::byte{2}}));
    BOOST_TEST(done(0, 2).empty());
    BOOST_TEST(done(1, 3).empty());
    BOOST_TEST((jobs_for(0, done(0, 5)) == Jobs{7}));
    BOOST_TEST((jobs_for(1, done(1, 6)) == Jobs{4}));
    BOOST_TEST(done(0, 7).empty());
    BOOST_TEST(!coordinator.is_over());
    BOOST_TEST(done(1, 4).empty());
    BOOST_TEST(coordinator.is_over());
}

BOOST_AUTO_TEST_CASE(ranks_without_a_job_hear_that_training_is_over) {
    Coordinator coordinator(1, 3, 4);
    StagesOf stages({1});
    coordinator.set_analysis(stages);
    static_cast<void>(coordinator.receive(2, Request{}, 0));
    const Answers answers = coordinator.receive(2, finished(0, 0.5), 1);
    BOOST_TEST(goes_to_all<Analyse>(answers, 3));
    BOOST_TEST(job_of(answers[0]) == 0U);
    BOOST_TEST(job_of(answers[1]) == no_job);
    BOOST_TEST(coordinator.receive(1, Interrupted{"SIGTERM"}, 2).empty());  // too late to matter
    BOOST_TEST(analyse_all(coordinator, answers).empty());
    BOOST_TEST(coordinator.is_over());
    BOOST_TEST(coordinator.suspended_by().empty());
}

BOOST_AUTO_TEST_SUITE_END()
