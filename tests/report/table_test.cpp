#include "report/table.hpp"

#include <sstream>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "report/text.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(table_tests)

using report::results_table;
using report::Terminal;
using store::Summary;

namespace {

constexpr Terminal plain{.live = false, .columns = 80, .rows = 24, .color = false, .utf8 = true};

Summary summary_of(std::size_t members) {
    Summary summary;
    for (std::size_t i = 0; i < members; ++i) {
        summary.members.push_back({.index = static_cast<std::uint32_t>(i),
                                   .parameters = 10,
                                   .epochs = 20,
                                   .train_s = 12.34,
                                   .validation_loss = 0.1,
                                   .validation_score = 0.9,
                                   .test = {.accuracy = 0.9123, .nll = 0.31, .brier = 0.1, .ece = 0.02},
                                   .excluded = ""});
    }
    auto& ensemble = summary.ensemble;
    ensemble.average = {.accuracy = 0.95, .nll = 0.2, .brier = 0.1, .ece = 0.01};
    ensemble.vote_accuracy = 0.945;
    ensemble.mean_member = {.accuracy = 0.9123, .nll = 0.31, .brier = 0.1, .ece = 0.02};
    ensemble.best_member = 1;
    ensemble.best_member_test = ensemble.mean_member;
    ensemble.average_over_mean = {.accuracy = 0.0377, .ci95 = {.low = 0.02, .high = 0.05}};
    ensemble.average_over_best = {.gain = {.accuracy = 0.0377, .ci95 = {.low = -0.001, .high = 0.05}},
                                  .p_value = 0.061};
    ensemble.vote_over_mean = {.accuracy = -0.01, .ci95 = {.low = -0.02, .high = 0}};
    ensemble.vote_over_best = {.gain = {.accuracy = 0.03, .ci95 = {.low = 0.01, .high = 0.05}}, .p_value = 0.00001};
    summary.data.classes = 3;
    summary.data.class_names = {"ash", "elm\x1b", "oak"};
    summary.data.baseline = {.label = 1, .accuracy = 0.42};
    const std::vector<std::int32_t> labels{0, 0, 0, 1, 2, 2};
    ensemble.average_by_class = {labels, std::vector<std::int32_t>{0, 0, 1, 1, 2, 0}, 3};
    ensemble.vote_by_class = {labels, std::vector<std::int32_t>{0, 0, 0, 0, 2, 2}, 3};
    summary.timing = {.ranks = 2,
                      .wall_s = 65.2,
                      .samples_per_s = 118'402.4,
                      .idle_s = 12.3,
                      .efficiency = 0.9,
                      .efficiency_bound = 0.9375};
    return summary;
}

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
vote of 2                             94.50 %
──────────────────────────────────────────────────────────────────────────
best: chosen on validation data · NLL: negative log-likelihood, at most 27.7 a row,
ECE: expected calibration error, smaller is better for both

Always saying 'elm\x1B' would be right on 42.00 % of the test rows
Balanced accuracy of the average (mean recall of the classes): 72.22 %
Recall is lowest for 'oak' 50.00 % of 2 rows, 'ash' 66.67 % of 3 rows, 'elm\x1B' 100.00 % of 1 row

Gain of the average in points of test accuracy
  over the mean member   +3.77   95 % interval +2.00 to +5.00
  over the best member   +3.77   95 % interval −0.10 to +5.00, p = 0.0610
intervals: bootstrap over the test rows, at the best member in accord with p · p: McNemar's exact test
That over the best member could be chance.
Two networks make 43 % fewer errors than one.

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

BOOST_AUTO_TEST_CASE(the_gain_is_that_of_the_chosen_combination) {
    Summary summary = summary_of(2);
    summary.combine = analysis::Combination::vote;
    const std::string text = results_table(summary, "runs/x", plain);
    BOOST_TEST(contains(text, "Gain of the vote"));
    BOOST_TEST(contains(text, "Balanced accuracy of the vote (mean recall of the classes): 66.67 %\n"));
    BOOST_TEST(contains(text, "Recall is lowest for 'elm\\x1B' 0.00 % of 1 row, "));
    BOOST_TEST(contains(text, "over the mean member   −1.00   95 % interval −2.00 to +0.00"));
    BOOST_TEST(contains(text, "p < 0.0001\n"));
    BOOST_TEST(contains(text, "That over the mean member could be chance.\n"));
    summary.ensemble.vote_over_best.p_value = 0.05;
    BOOST_TEST(contains(results_table(summary, "runs/x", plain), "Both could be chance.\n"));
    summary.members[0].excluded = "diverged";
    BOOST_TEST(!contains(results_table(summary, "runs/x", plain), "Gain of"));
}

BOOST_AUTO_TEST_CASE(rows_that_tell_nothing_apart_give_no_interval) {
    Summary summary = summary_of(2);
    summary.ensemble.average_over_best = {};
    BOOST_TEST(
        contains(results_table(summary, "runs/x", plain),
                 "over the best member   +0.00   right and wrong on the same test rows: no interval, p = 1.0000"));
}

BOOST_AUTO_TEST_CASE(classes_without_a_test_row_are_named) {
    Summary summary = summary_of(2);
    summary.data.classes = 4;
    summary.ensemble.average_by_class =
        analysis::Confusion(std::vector<std::int32_t>{0, 2}, std::vector<std::int32_t>{0, 2}, 4);
    BOOST_TEST(contains(results_table(summary, "runs/x", plain), ": 100.00 %, without '"));
    BOOST_TEST(contains(results_table(summary, "runs/x", plain), "' and 1 more, of which there is no test row\n"));
}

BOOST_AUTO_TEST_CASE(it_closes_with_what_has_come_out) {
    Summary summary = summary_of(8);
    auto& result = summary.ensemble;
    const auto says = [&](std::string_view sentence) {
        BOOST_TEST(contains(results_table(summary, "runs/x", plain), sentence), sentence);
    };
    result.mean_member.accuracy = 0.92;
    result.average.accuracy = 0.94;
    says("\nEight networks make 25 % fewer errors than one.\n");
    result.average_over_mean = {.accuracy = -0.01, .ci95 = {.low = -0.02, .high = -0.001}};
    result.average.accuracy = 0.91;
    says("\nEight networks make 13 % more errors than one.\n");
    result.average_over_mean.ci95.high = 0.001;
    says("\nWhether eight networks make fewer errors than one cannot be told from these test rows.\n");
    result.mean_member.accuracy = 1;
    says("\nNo network makes an error on the test rows, so there is nothing that an ensemble could gain.\n");
    summary = summary_of(20);
    summary.combine = analysis::Combination::vote;
    result.vote_over_mean.ci95 = {.low = 0.00001, .high = 0.00002};
    result.mean_member.accuracy = 0.9449999;
    result.vote_accuracy = 0.945;
    says("\n20 networks make less than 1 % fewer errors than one.\n");
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
    terminal.color = true;
    BOOST_TEST(contains(results_table(summary_of(2), "runs/x", terminal), "\x1b[1maverage of 2"));
}

BOOST_AUTO_TEST_CASE(member_lines) {
    Summary summary = summary_of(1);
    BOOST_TEST(report::member_line(summary.members[0], 0, 1) ==
               "member 0 done: 20 epochs, validation 90.00 %, test 91.23 %, 12.3 s");
    summary.members[0].excluded = "its loss is NaN";
    BOOST_TEST(report::member_line(summary.members[0], 3, 4) == "member 0 is excluded on rank 3: its loss is NaN");
}

BOOST_AUTO_TEST_CASE(fits_a_narrow_terminal) {
    for (std::size_t columns = 30; columns < 100; ++columns) {
        const Terminal terminal{.live = true, .columns = columns, .rows = 24, .color = false, .utf8 = true};
        std::istringstream lines(results_table(summary_of(20), "runs/x", terminal));
        for (std::string line; std::getline(lines, line);) BOOST_TEST(report::columns(line) <= columns, line);
    }
    const Terminal narrow{.live = true, .columns = 40, .rows = 24, .color = false, .utf8 = true};
    const std::string table = results_table(summary_of(2), "runs/x", narrow);
    BOOST_TEST(contains(table, "\nmember 1              90.00 %  91.23 %\n"));
    BOOST_TEST(contains(table, "\nvote of 2                      94.50 %\n"));
}

BOOST_AUTO_TEST_SUITE_END()
