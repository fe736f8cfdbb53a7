#include "report/progress.hpp"

#include <boost/test/unit_test.hpp>

#include "core/text.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(progress_tests)

using report::live_lines;
using report::log_line;
using report::Terminal;
using schedule::RankProgress;
using schedule::RunProgress;

namespace {

RunProgress two_ranks() {
    RunProgress progress{.members = 8, .members_done = 3, .epochs = 20, .fraction = 0.435};
    progress.elapsed_s = 12;
    progress.left_s = 17;
    progress.samples_per_s = 118'402.4;
    progress.ranks = {
        {.training = true, .member = 3, .epoch = 9, .fraction = 0.42, .loss = 0.125, .validation_score = 0.9},
        {.training = true, .member = 4, .epoch = 2, .fraction = 0.06, .loss = 0.375}};
    return progress;
}

Terminal wide(std::size_t columns = 120, std::size_t rows = 40) {
    return {.live = true, .columns = columns, .rows = rows, .color = true, .utf8 = true};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_line_for_all_and_one_for_each_rank) {
    const auto lines = live_lines(two_ranks(), wide());
    BOOST_TEST_REQUIRE(lines.size() == 3U);
    BOOST_TEST(lines[0] == "3 of 8 members done  ████████░░░░░░░░░░░░   44 %  118,402 samples/s  0:17 left");
    BOOST_TEST(lines[1] == "rank 0  member 3  epoch  9/20  loss 0.1250  validation 90.00 %");
    BOOST_TEST(lines[2] == "rank 1  member 4  epoch  2/20  loss 0.3750");
}

BOOST_AUTO_TEST_CASE(a_score_that_is_no_share_is_named) {
    RunProgress progress = two_ranks();
    progress.score = &task::regression_metrics().front();
    progress.ranks[0].validation_score = 3.14159;
    BOOST_TEST(live_lines(progress, wide())[1] == "rank 0  member 3  epoch  9/20  loss 0.1250  validation RMSE 3.142");
    BOOST_TEST(live_lines(progress, wide())[2] == "rank 1  member 4  epoch  2/20  loss 0.3750");
    BOOST_TEST(live_lines(progress, wide(60))[1] == "rank 0  member 3  epoch  9/20  val RMSE 3.142  loss 0.1250");
    BOOST_TEST(log_line(progress) ==
               "3 of 8 members done  44 %  epoch 2–9/20  loss 0.2500  validation RMSE 3.142  118,402 samples/s  "
               "about 0:17 left");
    progress.ranks[0].validation_score = 1234567;
    BOOST_TEST(live_lines(progress, wide())[1].ends_with("validation RMSE 1.235e+06"));
    progress.score = &task::classification_metrics().front();
    progress.ranks[0].validation_score = 0.9;
    BOOST_TEST(live_lines(progress, wide())[1].ends_with("validation 90.00 %"));
}

BOOST_AUTO_TEST_CASE(a_rank_with_nothing_to_do_says_so) {
    RunProgress progress = two_ranks();
    progress.ranks[1] = {};
    BOOST_TEST(live_lines(progress, wide())[2] == "rank 1  waits for the others");
    progress.ranks[1].lost = true;
    BOOST_TEST(live_lines(progress, wide())[2] == "rank 1  is lost");
}

BOOST_AUTO_TEST_CASE(one_rank_is_one_line_in_the_widest_form_that_fits) {
    RunProgress progress = two_ranks();
    progress.ranks.pop_back();
    const auto line = [&](std::size_t columns) {
        const auto lines = live_lines(progress, wide(columns));
        BOOST_TEST(lines.size() == 1U);
        return lines.front();
    };
    BOOST_TEST(line(140) ==
               "3 of 8 members done  ████████░░░░░░░░░░░░   44 %  epoch 9/20  loss 0.1250  validation 90.00 %  "
               "118,402 samples/s  0:17 left");
    BOOST_TEST(line(110) ==
               "3 of 8 members done  44 %  epoch 9/20  loss 0.1250  validation 90.00 %  118,402 samples/s  0:17 left");
    BOOST_TEST(line(80) == "3/8 members  44 %  epoch 9/20  loss 0.1250  val 90.00 %  118,402/s  0:17 left");
    BOOST_TEST(line(60) == "3/8  44 %  0:17 left  epoch 9/20  val 90.00 %  loss 0.1250");
}

BOOST_AUTO_TEST_CASE(many_ranks_or_a_low_terminal_share_one_line) {
    const auto low = live_lines(two_ranks(), wide(120, 5));
    BOOST_TEST_REQUIRE(low.size() == 1U);
    BOOST_TEST(low[0].find("epoch 2–9/20  loss 0.2500  validation 90.00 %") != std::string::npos);
    RunProgress many = two_ranks();
    many.ranks.resize(17);
    BOOST_TEST(live_lines(many, wide(120, 100)).size() == 1U);
}

BOOST_AUTO_TEST_CASE(no_line_reaches_the_last_column) {
    RunProgress progress = two_ranks();
    for (const task::Metric* score : {&task::classification_metrics().front(), &task::regression_metrics().front()}) {
        progress.score = score;
        for (std::size_t columns = 1; columns < 140; ++columns) {
            for (const std::size_t rows : {4U, 40U}) {
                for (const std::string& line : live_lines(progress, wide(columns, rows))) {
                    BOOST_TEST(core::columns(line) < std::max<std::size_t>(columns, 2));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_narrow_terminal_keeps_what_matters) {
    const auto lines = live_lines(two_ranks(), wide(30, 5));
    BOOST_TEST_REQUIRE(lines.size() == 1U);
    BOOST_TEST(lines[0] == "3/8  44 %  0:17 left");
    // Whole numbers or none: half of one would be another.
    BOOST_TEST(live_lines(two_ranks(), wide(60))[1] == "rank 0  member 3  epoch  9/20  val 90.00 %  loss 0.1250");
    BOOST_TEST(live_lines(two_ranks(), wide(50))[1] == "rank 0  member 3  epoch  9/20  val 90.00 %");
    BOOST_TEST(live_lines(two_ranks(), wide(40))[1] == "rank 0  member 3  epoch  9/20");
    BOOST_TEST(live_lines(two_ranks(), wide(5))[1] == "rank");
}

BOOST_AUTO_TEST_CASE(before_anything_is_known_nothing_is_claimed) {
    RunProgress progress{.members = 2, .members_done = 0, .epochs = 5};
    progress.ranks.resize(1);
    BOOST_TEST(log_line(progress) == "0 of 2 members done  0 %  0 samples/s");
}

BOOST_AUTO_TEST_CASE(a_log_line_says_the_same) {
    BOOST_TEST(
        log_line(two_ranks()) ==
        "3 of 8 members done  44 %  epoch 2–9/20  loss 0.2500  validation 90.00 %  118,402 samples/s  about 0:17 left");
}

BOOST_AUTO_TEST_SUITE_END()
