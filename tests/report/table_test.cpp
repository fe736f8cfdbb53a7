#include "report/table.hpp"

#include <sstream>
#include <vector>

#include <limits>

#include <boost/test/unit_test.hpp>

#include "core/text.hpp"
#include "report/made_up_summary.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(table_tests)

using report::results_table;
using report::Terminal;
using store::Summary;
using testing::classes;
using testing::numbers;
using testing::result_of;
using testing::summary_of;
using testing::summary_of_numbers;

namespace {

constexpr Terminal plain{.live = false, .columns = 80, .rows = 24, .color = false, .utf8 = true};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_whole_table) {
    BOOST_TEST(results_table(summary_of(2), "runs/x", plain) == R"(
                   epochs validation     test     NLL     ECE         time
──────────────────────────────────────────────────────────────────────────
member 0               20    90.00 %  91.23 %  0.3100  0.0200       12.3 s
member 1               20    90.00 %  91.23 %  0.3100  0.0200       12.3 s
──────────────────────────────────────────────────────────────────────────
mean member                           91.23 %  0.3100  0.0200
best member (1)              90.00 %  91.23 %  0.3100  0.0200
average of 2                          95.00 %  0.2000  0.0100
vote of 2                             94.50 %  1.2000  0.0300
──────────────────────────────────────────────────────────────────────────
best: of the highest accuracy on the validation rows · NLL: negative log-likelihood, at most 27.7 a
row · ECE: expected calibration error

Always saying 'elm\x1B' would be right on 42.00 % of the test rows
Balanced accuracy of the average (mean recall of the classes): 72.22 %
Recall is lowest for 'oak' 50.00 % of 2 rows, 'ash' 66.67 % of 3 rows, 'elm\x1B' 100.00 % of 1 row

Gain of the average in points of test accuracy
  over the mean member   +3.77   95 % interval +2.00 to +5.00
  over the best member   +3.77   95 % interval −0.10 to +5.00, p = 0.0610
intervals: of these members on other test rows
p: McNemar's exact test
That over the best member could be chance.
Two networks make 43 % fewer errors than one of them on average.

Ranks were idle for 12.3 s in all: efficiency 90.0 %, at best 93.8 % for members of these lengths
1 min 5 s on 2 ranks · 118,402 samples/s · results in runs/x
)");
}

BOOST_AUTO_TEST_CASE(the_whole_table_of_numbers) {
    BOOST_TEST(results_table(summary_of_numbers(2), "runs/x", plain) == R"(
                   epochs validation     RMSE      R²     NLL         time
──────────────────────────────────────────────────────────────────────────
member 0               20     3.2500   3.0123  0.8500  2.5000       12.3 s
member 1               20     3.2500   3.0123  0.8500  2.5000       12.3 s
──────────────────────────────────────────────────────────────────────────
mean member                            3.0123  0.8500  2.5000
best member (1)               3.2500   3.0123  0.8500  2.5000
mixture of 2                           2.5000  0.8900  2.2500
──────────────────────────────────────────────────────────────────────────
best: of the lowest NLL on the validation rows · RMSE: root of the mean squared error, in the
target's unit · R²: share of the target's variance that is explained · NLL: negative log-likelihood
of a normal distribution

Always saying the mean of the training rows has a test RMSE of 8.7500

Gain of the mixture in test RMSE, by which it is smaller
  over the mean member  +0.5123   95 % interval +0.4000 to +0.6000
  over the best member  +0.5123   95 % interval −0.0100 to +0.7000, p = 0.0610
intervals: of these members on other test rows
p: Student's t test of the paired rows
That over the best member could be chance.
The RMSE of two networks is 17 % smaller than that of one of them on average.

Ranks were idle for 12.3 s in all: efficiency 90.0 %, at best 93.8 % for members of these lengths
1 min 5 s on 2 ranks · 118,402 samples/s · results in runs/x
)");
}

BOOST_AUTO_TEST_CASE(long_times_keep_clear_of_their_neighbours) {
    Summary summary = summary_of(2);
    summary.members[0].train_s = 3599;
    summary.members[1].train_s = 100 * 3600;
    const std::string text = results_table(summary, "runs/x", plain);
    BOOST_TEST(contains(text, "0.0200  59 min 59 s\n"));
    BOOST_TEST(contains(text, "0.0200  100 h 0 min\n"));
}

BOOST_AUTO_TEST_CASE(what_else_was_tried_is_told_in_short) {
    Summary summary = summary_of(3);
    BOOST_TEST(!contains(results_table(summary, "runs/x", plain), "changed test rows"));
    const task::Scores good{0.9, 0.31, 0.1, 0.02, 0.7, 0.7, 0.95};
    const task::Scores bad{0.25, 2.5, 0.8, 0.5, 0.2, 0.2, 0.5};
    for (int i = 1; i <= 20; ++i)
        summary.shifts.push_back({{"rotate", 7.5 * i, "degrees"}, {bad, i < 20 ? good : bad}, bad, bad});
    summary.combine = 1;
    summary.foreign = {1200, {{"entropy", {.auroc = 0.75, .fpr95 = 0.5}}, {"vote_entropy", {0.8125, 0, 0.25}}}};
    summary.importance = {
        5, 30, {{"small", -0.005, {-0.01, 0.01}}, {"size", 0.25, {0.2, 0.3}}, {"c", 0, {}}, {"d", -0.25, {}}}};
    const std::string text = results_table(summary, "runs/x", plain);
    BOOST_TEST(contains(text, "vote on changed test rows\n  rotate 7.5                          90.00 %  0.3100"));
    BOOST_TEST(contains(text, "… 8 more in summary.json\n  rotate 127.5"));
    BOOST_TEST(contains(text, "  rotate 150                          25.00 %  2.5000"));
    BOOST_TEST(contains(text,
                        "What tells 1,200 rows from elsewhere from test rows best is vote entropy: AUROC 0.8125; where "
                        "it finds 95 % of them, it takes 25.00 % of the test rows for such\n"));
    BOOST_TEST(contains(text,
                        "Worth most, as what is lost where a column is shuffled, in points of accuracy: 'size' +25.00 "
                        "(+20.00 to +30.00), 'c' +0.00 (+0.00 to +0.00), 'small' −0.50 (−1.00 to +1.00)\n"));
}

BOOST_AUTO_TEST_CASE(the_gain_is_that_of_the_chosen_combination) {
    Summary summary = summary_of(2);
    summary.combine = analysis::find_combination(task::Kind::classification, "vote");
    const std::string text = results_table(summary, "runs/x", plain);
    BOOST_TEST(contains(text, "Gain of the vote"));
    BOOST_TEST(contains(text, "Balanced accuracy of the vote (mean recall of the classes): 66.67 %\n"));
    BOOST_TEST(contains(text, "Recall is lowest for 'elm\\x1B' 0.00 % of 1 row, "));
    BOOST_TEST(contains(text, "over the mean member   −1.00   95 % interval −2.00 to +0.00"));
    BOOST_TEST(contains(text, "p < 0.0001\n"));
    BOOST_TEST(contains(text, "That over the mean member could be chance.\n"));
    summary.ensemble.combinations[1].over_best[0]->p_value = 0.05;
    BOOST_TEST(contains(results_table(summary, "runs/x", plain), "Both could be chance.\n"));
    summary.members[0].excluded = "diverged";
    BOOST_TEST(!contains(results_table(summary, "runs/x", plain), "Gain of"));
}

BOOST_AUTO_TEST_CASE(an_interval_that_includes_the_choice_of_members_is_told_apart) {
    Summary summary = summary_of(2);
    summary.ensemble.combinations[0].over_mean[0]->ci95_members = analysis::Interval{.low = 0.0125, .high = 0.0625};
    const std::string text = results_table(summary, "runs/x", plain);
    BOOST_TEST(contains(text, "over the mean member   +3.77   95 % interval +2.00 to +5.00; +1.25 to +6.25\n"));
    BOOST_TEST(contains(text, std::string(analysis::intervals_explained) + "\n"));
    // Where members differ no more than their test rows let them.
    summary.ensemble.combinations[0].over_mean[0]->ci95_members = summary.ensemble.combinations[0].over_mean[0]->ci95;
    BOOST_TEST(contains(results_table(summary, "runs/x", plain), "95 % interval +2.00 to +5.00; the same\n"));
}

BOOST_AUTO_TEST_CASE(how_much_members_differ_is_said_and_who_does_not) {
    Summary summary = summary_of(2);
    BOOST_TEST(!contains(results_table(summary, "runs/x", plain), "disagree"));
    analysis::DiversityResult& diversity = summary.ensemble.diversity;
    diversity.pairs = {{.name = "disagreement", .values = {0, 0.1, 0.3, 0.1, 0, 0.2, 0.3, 0.2, 0}}};
    diversity.twins = {{0, 1}, {0, 2}, {0, 3}, {0, 4}};
    const std::string text = results_table(summary, "runs/x", plain);
    BOOST_TEST(contains(text, "Two members disagree on 20.00 % of the test rows\n"));
    BOOST_TEST(
        contains(text, "Members 0 and 3 predict the same, bit for bit: one of them adds nothing.\nSo do 1 more"));
    summary = summary_of_numbers(2);
    summary.ensemble.diversity.pairs = {{.name = "correlation", .values = {1, -0.25, -0.25, 1}}};
    BOOST_TEST(contains(results_table(summary, "runs/x", plain), "two members have a correlation of -0.25\n"));
}

BOOST_AUTO_TEST_CASE(rows_that_tell_nothing_apart_give_no_interval) {
    Summary summary = summary_of(2);
    summary.ensemble.combinations[0].over_best[0] = analysis::PairedGain{};
    BOOST_TEST(
        contains(results_table(summary, "runs/x", plain),
                 "over the best member   +0.00   right and wrong on the same test rows: no interval, p = 1.0000"));
    summary = summary_of_numbers(2);
    summary.ensemble.combinations[0].over_best[0] = analysis::PairedGain{};
    BOOST_TEST(contains(results_table(summary, "runs/x", plain),
                        "over the best member  +0.0000   the same on all test rows: no interval, p = 1.0000"));
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    summary.ensemble.combinations[0].over_best[0]->gain.ci95 = {.low = nan, .high = nan};
    BOOST_TEST(contains(results_table(summary, "runs/x", plain), "over the best member  +0.0000   no interval, p"));
}

BOOST_AUTO_TEST_CASE(classes_without_a_test_row_are_named) {
    Summary summary = summary_of(2);
    summary.data.classes = 4;
    summary.ensemble.combinations[0].by_class =
        analysis::Confusion(std::vector<std::int32_t>{0, 2}, std::vector<std::int32_t>{0, 2}, 4);
    summary.ensemble.combinations[0].scores[4] = 1;
    BOOST_TEST(contains(results_table(summary, "runs/x", plain), ": 100.00 %, without '"));
    BOOST_TEST(contains(results_table(summary, "runs/x", plain), "' and 1 more, of which there is no test row\n"));
}

BOOST_AUTO_TEST_CASE(it_closes_with_what_has_come_out) {
    Summary summary = summary_of(8);
    double& one = summary.ensemble.mean_member.front();
    double& all = summary.ensemble.combinations[0].scores.front();
    analysis::Gain& gain = *summary.ensemble.combinations[0].over_mean.front();
    const auto says = [&](std::string_view sentence) {
        BOOST_TEST(contains(results_table(summary, "runs/x", plain), sentence), sentence);
    };
    one = 0.92;
    all = 0.94;
    says("\nEight networks make 25 % fewer errors than one of them on average.\n");
    gain = {.value = -0.01, .ci95 = {.low = -0.02, .high = -0.001}};
    all = 0.91;
    says("\nEight networks make 13 % more errors than one of them on average.\n");
    gain.ci95.high = 0.001;
    says("\nWhether eight networks make fewer errors than one cannot be told from these test rows.\n");
    one = 1;
    says("\nNo network makes an error on the test rows, so there is nothing that an ensemble could gain.\n");
    summary = summary_of(20);
    summary.combine = analysis::find_combination(task::Kind::classification, "vote");
    summary.ensemble.combinations[1].over_mean[0]->ci95 = {.low = 0.00001, .high = 0.00002};
    summary.ensemble.mean_member.front() = 0.9449999;
    says("\n20 networks make less than 1 % fewer errors than one of them on average.\n");
}

BOOST_AUTO_TEST_CASE(of_numbers_it_closes_with_their_error) {
    Summary summary = summary_of_numbers(3);
    double& one = summary.ensemble.mean_member.front();
    double& all = summary.ensemble.combinations[0].scores.front();
    analysis::Gain& gain = *summary.ensemble.combinations[0].over_mean.front();
    const auto says = [&](std::string_view sentence) {
        BOOST_TEST(contains(results_table(summary, "runs/x", plain), sentence), sentence);
    };
    one = 4;
    all = 3;
    says("\nThe RMSE of three networks is 25 % smaller than that of one of them on average.\n");
    all = 5;
    gain = {.value = -1, .ci95 = {.low = -2, .high = -0.5}};
    says("\nThe RMSE of three networks is 25 % larger than that of one of them on average.\n");
    says("over the mean member  −1.0000   95 % interval −2.0000 to −0.5000\n");
    gain.ci95.high = 0.5;
    says("\nWhether three networks have a smaller RMSE than one cannot be told from these test rows.\n");
    says("\nBoth could be chance.\n");
    one = 0;
    says("so there is nothing that an ensemble could gain.\n");
}

BOOST_AUTO_TEST_CASE(numbers_of_any_size_keep_their_columns_apart_and_their_digits) {
    const auto cells = [](double value) {
        Summary summary = summary_of_numbers(2);
        summary.members[1].validation_score = value;
        summary.members[1].test = {value, 1, -value, value, 1, 0.9};
        const std::string text = results_table(summary, "runs/x", plain);
        std::istringstream line(text.substr(text.find("\nmember 1 ") + 1));
        std::vector<std::string> words(8);
        for (std::string& word : words) line >> word;
        BOOST_TEST(words[3] == words[4]);  // validation and RMSE
        BOOST_TEST(words[6] == words[4]);  // NLL
        BOOST_TEST(words[7] == "12.3");    // time
        return words[4] + " " + words[5];
    };
    BOOST_TEST(cells(0.0123) == "0.0123 -0.0123");
    BOOST_TEST(cells(9.87654) == "9.8765 -9.8765");
    BOOST_TEST(cells(45.6789) == "45.6789 -45.679");
    BOOST_TEST(cells(123.456) == "123.46 -123.46");
    BOOST_TEST(cells(4312.64) == "4312.6 -4312.6");
    BOOST_TEST(cells(123456.7) == "123457 -123457");
    BOOST_TEST(cells(1234567.8) == "1234568 -1e+06");
    BOOST_TEST(cells(1.25e9) == "1.2e+09 -1e+09");
    BOOST_TEST(cells(3.2e-5) == "3.2e-05 -3e-05");
    BOOST_TEST(cells(0) == "0.0000 -0.0000");
}

BOOST_AUTO_TEST_CASE(an_excluded_member_is_named_and_has_no_scores) {
    Summary summary = summary_of(3);
    summary.members[2].excluded = "its loss stopped being a finite number in epoch 1";
    const std::string text = results_table(summary, "runs/x", plain);
    BOOST_TEST(contains(text, "member 2               20   excluded                                12.3 s\n"));
    BOOST_TEST(contains(text, "average of 2 "));
    BOOST_TEST(contains(text,
                        "Member 2 was excluded from the ensemble: its loss stopped being a finite "
                        "number in epoch 1.\n"));
}

BOOST_AUTO_TEST_CASE(members_that_differ_say_in_what) {
    Summary summary = summary_of(3);
    summary.settings[1] = {.net = "dense(9) relu", .varied = {{"lr", "0.1"}}};
    summary.settings[2] = {.net = "dense(8)", .varied = {{"lr", "0.01"}}};
    summary.nets = {"dense(8)", "dense(9) relu"};
    const std::string text = report::results_table(summary, "runs/x", {});
    BOOST_TEST(contains(text, "\n  net 1\n"));
    BOOST_TEST(contains(text, "\n  net 2, lr 0.1\n"));
    BOOST_TEST(contains(text, "\n  net 1, lr 0.01\n"));
    BOOST_TEST(contains(text, "net 1: dense(8)\nnet 2: dense(9) relu\n"));
    BOOST_TEST(!contains(report::results_table(summary_of(3), "runs/x", {}), "net 1"));
    const std::size_t combinations = summary.ensemble.combinations.size();
    summary.out_of_fold = {.rows = 40,
                           .scores = std::vector(combinations, task::Scores(summary.task->metrics().size(), 0.125))};
    const std::string pooled = report::results_table(summary, "runs/x", {});
    BOOST_TEST(contains(pooled, "12.50 %"));
    BOOST_TEST(contains(pooled, "not trained on a row, of 40 rows"));
    summary.mc_dropout = {.member = 2, .passes = 50, .test = task::Scores(summary.task->metrics().size(), 0.25)};
    BOOST_TEST(contains(results_table(summary, "runs/x", {}), "\nMC dropout (2)                        25.00 %"));
}

BOOST_AUTO_TEST_CASE(why_there_are_no_more_members) {
    Summary summary = summary_of(5);
    const auto line = [&] { return results_table(summary, "runs/x", plain); };
    summary.stop_when = {.metric = "nll", .asked = 0.01, .planned = 12};
    BOOST_TEST(contains(line(), "too few members to see what one more adds"));
    summary.stop_when->members = 5;
    summary.stop_when->last = {.added = 0.004, .bound = 0.005};
    summary.stop_when->stopped = true;
    BOOST_TEST(contains(line(),
                        "one more member adds at most 0.005 to the NLL (95 % confidence), less than 0.01: the "
                        "other 7 are not needed.\n"));
    summary.stop_when->stopped = false;
    summary.stop_when->last.bound = 0.02;
    BOOST_TEST(
        contains(line(), "at most 0.02 to the NLL (95 % confidence), which may be 0.01: all 12 were trained.\n"));
    summary.missing = {5, 6, 7, 8, 9, 10, 11};
    BOOST_TEST(!contains(line(), "were trained"));
}

BOOST_AUTO_TEST_CASE(many_members_are_shortened) {
    const std::string all = results_table(summary_of(16), "runs/x", plain);
    BOOST_TEST(contains(all, "member 9 "));
    const std::string some = results_table(summary_of(1000), "runs/x", plain);
    BOOST_TEST(contains(some, "member 7 "));
    BOOST_TEST(contains(some, "… 988 more in summary.json\n"));
    BOOST_TEST(!contains(some, "member 8 "));
    BOOST_TEST(!contains(some, "member 995 "));
    BOOST_TEST(contains(some, "member 996 "));
    BOOST_TEST(contains(some, "member 999 "));
}

BOOST_AUTO_TEST_CASE(a_terminal_without_utf8_gets_ascii_and_one_with_color_gets_bold) {
    Terminal terminal = plain;
    terminal.utf8 = false;
    for (const char c : results_table(summary_of(2), "runs/x", terminal))
        BOOST_TEST(static_cast<unsigned char>(c) < 0x80U);
    for (const char c : results_table(summary_of_numbers(2), "runs/x", terminal))
        BOOST_TEST(static_cast<unsigned char>(c) < 0x80U);
    terminal.color = true;
    BOOST_TEST(contains(results_table(summary_of(2), "runs/x", terminal), "\x1b[1maverage of 2"));
}

BOOST_AUTO_TEST_CASE(member_lines) {
    Summary summary = summary_of(1);
    BOOST_TEST(report::member_line(summary.members[0], classes, 0, 1) ==
               "member 0 done: 20 epochs, validation 90.00 %, test 91.23 %, 12.3 s");
    summary.members[0].excluded = "its loss is NaN";
    BOOST_TEST(report::member_line(summary.members[0], classes, 3, 4) ==
               "member 0 is excluded on rank 3: its loss is NaN");
    BOOST_TEST(report::member_line(summary_of_numbers(1).members[0], numbers, 1, 2) ==
               "member 0 done on rank 1: 20 epochs, validation RMSE 3.2500, test RMSE 3.0123, 12.3 s");
    summary.members[0].excluded = "";
    summary.members[0].train_s = 0;  // by a run that this one goes on with
    BOOST_TEST(report::member_line(summary.members[0], classes, 0, 1) ==
               "member 0 done: 20 epochs, validation 90.00 %, test 91.23 %, trained before");
}

BOOST_AUTO_TEST_CASE(fits_a_narrow_terminal) {
    for (std::size_t columns = 30; columns < 100; ++columns) {
        const Terminal terminal{.live = true, .columns = columns, .rows = 24, .color = false, .utf8 = true};
        for (const Summary& summary : {summary_of(20), summary_of_numbers(20)}) {
            std::istringstream lines(results_table(summary, "runs/x", terminal));
            for (std::string line; std::getline(lines, line);) BOOST_TEST(core::columns(line) <= columns, line);
        }
    }
    const Terminal narrow{.live = true, .columns = 40, .rows = 24, .color = false, .utf8 = true};
    const std::string table = results_table(summary_of(2), "runs/x", narrow);
    BOOST_TEST(contains(table, "\nmember 1              90.00 %  91.23 %\n"));
    BOOST_TEST(contains(table, "\nvote of 2                      94.50 %\n"));
}

BOOST_AUTO_TEST_SUITE_END()
