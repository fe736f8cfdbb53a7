#include "predict/sharing.hpp"

#include <algorithm>
#include <string>

#include <boost/test/unit_test.hpp>

#include "comm/group.hpp"
#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(sharing_tests)

namespace {

/// Jobs of one row each, whose number is its value, and what comes of them.
struct Trial {
    comm::Communicator world;
    std::uint64_t jobs = 0;
    std::uint64_t read = 0;
    std::uint64_t most_at_once = 0;  ///< read, and not yet taken
    std::string taken;
    predict::Sightings sightings;
    std::uint64_t enough = ~std::uint64_t{0};
    std::uint64_t bad_row = ~std::uint64_t{0};   ///< cannot be read
    std::uint64_t bad_work = ~std::uint64_t{0};  ///< cannot be worked on

    explicit Trial(const comm::Communicator& group, std::uint64_t count) : world(group), jobs(count) {}

    void run() {
        std::uint64_t took = 0;
        predict::share_out(
            world, {.read =
                        [&](predict::Job& job) {
                            if (read == jobs) return false;
                            if (read == bad_row) core::fail(core::Failure::data, "row {} is bad", read);
                            job.first = read;
                            job.block.clear();
                            job.block.rows = 1;
                            job.block.values = {static_cast<double>(read), 0.5};
                            job.block.truth = {static_cast<double>(read % 3)};
                            job.block.kept = "k" + std::to_string(read);
                            job.block.kept_ends = {static_cast<std::uint32_t>(job.block.kept.size())};
                            most_at_once = std::max(most_at_once, ++read - took);
                            return true;
                        },
                    .work =
                        [&](const predict::Job& job) {
                            if (job.first == bad_work) core::fail(core::Failure::data, "work {} is bad", job.first);
                            // Some take longer than others, so that results come in another order.
                            volatile double sum = 0;
                            for (std::uint64_t i = 0; i < (job.first * 7919 % 13) * 2000; ++i) sum = sum + 1;
                            predict::Result result;
                            result.text = std::to_string(job.first) + ":" + std::string(job.block.kept_of(0)) + ";";
                            result.numbers = {static_cast<float>(job.block.values[0] + job.block.truth[0])};
                            result.sightings = {.rows = job.block.rows, .by_column = {job.first, 1}, .by_measure = {}};
                            return result;
                        },
                    .take =
                        [&](const predict::Result& result) {
                            taken += result.text;
                            sightings.add(result.sightings);
                            return ++took < enough;
                        }});
    }
};

std::string expected(std::uint64_t jobs) {
    std::string text;
    for (std::uint64_t i = 0; i < jobs; ++i) text += std::to_string(i) + ":k" + std::to_string(i) + ";";
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(results_come_in_the_order_of_the_rows) {
    for (const std::uint64_t jobs : {0, 1, 2, 300}) {
        Trial trial(distributed::world(), jobs);
        trial.run();
        if (!trial.world.is_root()) continue;
        BOOST_TEST(trial.taken == expected(jobs));
        BOOST_TEST(trial.sightings.rows == jobs);
        if (jobs == 300) BOOST_TEST(trial.sightings.by_column[0] == 300U * 299U / 2);
        BOOST_TEST(trial.most_at_once <= 4U * static_cast<std::uint64_t>(trial.world.size()) + 1);
    }
}

BOOST_AUTO_TEST_CASE(when_no_more_is_wanted_all_ranks_stop) {
    Trial trial(distributed::world(), 1000);
    trial.enough = 5;
    trial.run();
    if (trial.world.is_root()) {
        BOOST_TEST(trial.taken == expected(5));
        BOOST_TEST(trial.read < 100U);
    }
}

BOOST_AUTO_TEST_CASE(an_error_of_one_rank_is_one_of_all) {
    for (const bool in_work : {false, true}) {
        Trial trial(distributed::world(), 200);
        (in_work ? trial.bad_work : trial.bad_row) = 50;
        std::string message;
        try {
            trial.run();
        } catch (const core::Error& error) {
            message = error.what();
        }
        BOOST_TEST(message == (in_work ? "work 50 is bad" : "row 50 is bad"));
    }
    // Nothing of what was under way is left to confuse what comes next.
    Trial again(distributed::world(), 20);
    again.run();
    if (again.world.is_root()) BOOST_TEST(again.taken == expected(20));
}

BOOST_AUTO_TEST_SUITE_END()
