#include "analysis/trust.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/simulated_run.hpp"
#include "analysis/uncertainty.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(trust_tests)

using analysis::TrustResult;

namespace {

double score_of(const Simulated& simulated, std::string_view name, const task::Scores& scores) {
    const auto metrics = simulated.task.metrics();
    const auto found = std::ranges::find(metrics, name, &task::Metric::name);
    return scores.at(static_cast<std::size_t>(found - metrics.begin()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_told_of_classes_is_of_the_combination_that_was_asked_for) {
    const SimulatedRun run({simulated_classes(5, 300, 4), simulated_classes(5, 400, 4)});
    const analysis::Analysis analysis = analysed(run, run.all());
    const auto all = analysis::combinations_of(run.study.task->kind);
    for (std::size_t combine = 0; combine < all.size(); ++combine) {
        const TrustResult trust = analysis::trust_of(analysis, combine, {});
        BOOST_TEST_REQUIRE(trust.calibration.has_value());
        BOOST_TEST(!trust.spread.has_value());
        const analysis::Combined& combined = analysis.rows(1).combined[combine];
        const task::Scores scores = task::score(
            {.task = *run.study.task, .targets = 4, .predictions = combined.predictions, .chosen = combined.chosen},
            run.sets[1].truth());
        BOOST_TEST(trust.calibration->error == score_of(run.sets[1], "ece", scores),
                   boost::test_tools::tolerance(1e-12));
        // Labels have nothing to do with these members: all that helps is to be less certain.
        BOOST_TEST(trust.calibration->scaled.temperature.value > 1);
        BOOST_TEST(trust.calibration->scaled.rows == 300U);
        BOOST_TEST(score_of(run.sets[1], "nll", trust.calibration->scaled.test) < score_of(run.sets[1], "nll", scores));
        BOOST_TEST(score_of(run.sets[1], "accuracy", trust.calibration->scaled.test) ==
                   score_of(run.sets[1], "accuracy", scores));
        std::size_t rows = 0;
        double gap = 0;
        for (const analysis::CalibrationBin& bin : trust.calibration->bins) {
            rows += bin.rows;
            gap += static_cast<double>(bin.rows) / 400 * std::abs(bin.confidence - bin.accuracy);
        }
        BOOST_TEST(rows == 400U);
        BOOST_TEST(gap == trust.calibration->error, boost::test_tools::tolerance(1e-12));
        // All rows accepted, the risk is the share of errors.
        BOOST_TEST(trust.selective.curve.back().risk == 1 - score_of(run.sets[1], "accuracy", scores),
                   boost::test_tools::tolerance(1e-12));
        BOOST_TEST(trust.selective.curve.size() <= 200U);
    }
}

BOOST_AUTO_TEST_CASE(means_of_uncertainty_are_those_of_its_rows) {
    const SimulatedRun run({simulated_numbers(4, 50, 2), simulated_numbers(4, 60, 2)});
    const analysis::Analysis analysis = analysed(run, run.all());
    const TrustResult trust = analysis::trust_of(analysis, 0, {"size", "weight"});
    BOOST_TEST((trust.measures ==
                analysis::uncertainty_names(task::Kind::regression, std::vector<std::string>{"size", "weight"})));
    const std::vector<float> predictions = run.sets[1].predictions();
    const std::vector<float> rows = analysis::uncertainties(run.sets[1].block(predictions));
    BOOST_TEST((analysis.rows(1).uncertainty == rows));
    for (std::size_t i = 0; i < trust.mean.size(); ++i) {
        double sum = 0;
        for (std::size_t at = i; at < rows.size(); at += trust.mean.size()) sum += double{rows[at]};
        BOOST_TEST(trust.mean[i] == sum / 60, boost::test_tools::tolerance(1e-12));
    }
}

BOOST_AUTO_TEST_CASE(intervals_of_numbers_cover_what_they_cover) {
    const SimulatedRun run({simulated_numbers(6, 200, 2), simulated_numbers(6, 300, 2)});
    const analysis::Analysis analysis = analysed(run, run.all());
    const TrustResult trust = analysis::trust_of(analysis, 0, {"a", "b"});
    BOOST_TEST_REQUIRE(trust.spread.has_value());
    BOOST_TEST(!trust.calibration.has_value());
    BOOST_TEST_REQUIRE(trust.spread->coverage.size() == 2U);
    const auto at_95 = std::ranges::find(trust.spread->levels, 0.95) - trust.spread->levels.begin();
    const std::vector<float>& combined = analysis.rows(1).combined[0].predictions;
    for (std::size_t target = 0; target < 2; ++target) {
        double inside = 0;
        for (std::size_t row = 0; row < 300; ++row) {
            const double error = double{combined[4 * row + 2 * target]} - run.sets[1].numbers[2 * row + target];
            inside += std::abs(error) <= 1.959963984540054 * std::sqrt(double{combined[4 * row + 2 * target + 1]});
        }
        BOOST_TEST(trust.spread->coverage[target][static_cast<std::size_t>(at_95)] == inside / 300,
                   boost::test_tools::tolerance(1e-12));
        // Members' errors are independent, so the mixture is far too wide, and shall be made narrower.
        BOOST_TEST(trust.spread->variance_factor[target] < 1);
    }
    // The sum over targets is in units of each one's variance: about the same for both.
    BOOST_TEST(trust.selective.curve.back().risk < 1);
}

BOOST_AUTO_TEST_CASE(sets_and_intervals_cover_and_say_when_that_is_sure) {
    SimulatedRun classes({simulated_classes(5, 400, 4), simulated_classes(5, 600, 4)});
    const SimulatedRun numbers({simulated_numbers(5, 400, 2), simulated_numbers(5, 600, 2)});
    const analysis::Analysis of_classes = analysed(classes, classes.all());
    const TrustResult average = analysis::trust_of(of_classes, 0, {});
    const TrustResult of_numbers = analysis::trust_of(analysed(numbers, numbers.all()), 0, {"a", "b"});
    BOOST_TEST(average.conformal.size() >= 2U);
    BOOST_TEST(of_numbers.conformal.size() >= 4U);
    for (const auto* conformal : {&average.conformal, &of_numbers.conformal}) {
        for (const analysis::ConformalResult& each : *conformal) {
            BOOST_TEST_CONTEXT(each.method) {
                BOOST_TEST(each.guaranteed.value() == each.level);
                BOOST_TEST(each.calibration_rows > 300U);
                BOOST_TEST(each.coverage.rows == 600U);
                // 90 % but for chance: of 600 rows, and of the calibration rows.
                BOOST_TEST(each.coverage.share() > 0.85);
                BOOST_TEST(each.coverage.share() < 0.95);
                BOOST_TEST(each.mean_size > 0);
            }
        }
    }
    // Weights were chosen by these rows; so may have been when members stopped.
    const auto greedy = analysis::find_combination(task::Kind::classification, "greedy");
    BOOST_TEST(!analysis::trust_of(of_classes, greedy, {}).conformal.front().guaranteed.has_value());
    classes.study.validation_guides_training = true;
    BOOST_TEST(!analysis::trust_of(of_classes, 0, {}).conformal.front().guaranteed.has_value());
    classes.study.validation_guides_training = false;
    BOOST_TEST(analysis::trust_of(of_classes, 0, {}).conformal.front().guaranteed.has_value());
    classes.study.rows_are_grouped = true;
    BOOST_TEST(!analysis::trust_of(of_classes, 0, {}).conformal.front().guaranteed.has_value());
    const SimulatedRun folds({simulated_classes(6, 31, 4), simulated_classes(6, 20, 4)}, 3);
    BOOST_TEST(analysis::trust_of(analysed(folds, folds.all()), 0, {}).conformal.empty());
}

BOOST_AUTO_TEST_CASE(rows_that_folds_held_out_give_intervals) {
    const SimulatedRun run({simulated_numbers(6, 300, 2), simulated_numbers(6, 600, 2)}, 3);
    const analysis::Analysis analysis = analysed(run, run.all(), 2);
    const TrustResult trust = analysis::trust_of(analysis, 0, {"a", "b"});
    BOOST_TEST_REQUIRE(trust.conformal.size() == 2U);
    for (std::size_t target = 0; target < 2; ++target) {
        const analysis::ConformalResult& each = trust.conformal[target];
        BOOST_TEST(each.method == "cv+");
        BOOST_TEST(each.target == (target == 0 ? "a" : "b"));
        BOOST_TEST(each.calibration_rows == 300U);
        BOOST_TEST(each.guaranteed.value() == 0.8 - 2 * (1 - 1.0 / 3) / 101, boost::test_tools::tolerance(1e-12));
        // The two members of a fold err more than the six that a new row has.
        BOOST_TEST(each.coverage.share() > 0.9);
        BOOST_TEST(each.mean_size > 0);
    }
    BOOST_TEST(trust.conformal[1].mean_size > 50 * trust.conformal[0].mean_size);
    // A row's interval is that of JackknifePlus itself: residuals of the mean of the two members that did not see a
    // row.
    std::vector<double> residuals;
    std::vector<std::uint32_t> fold;
    const Simulated& known = run.sets[0];
    for (std::size_t row = 0; row < 300; ++row) {
        const auto own = static_cast<std::uint32_t>(row / 100);
        const double mean = (double{known.members[own][row * 4]} + double{known.members[own + 3][row * 4]}) / 2;
        residuals.push_back(std::abs(known.numbers[row * 2] - mean));
        fold.push_back(own);
    }
    const auto plus = analysis::JackknifePlus::from_folds(residuals, fold, std::vector<std::uint32_t>{0, 1, 2, 0, 1, 2},
                                                          1 - analysis::conformal_level);
    const std::vector<float> test = run.sets[1].predictions();
    const std::vector<analysis::Interval> expected = plus.intervals(run.sets[1].block(test), 0);
    for (std::size_t row = 0; row < 600; ++row) {
        BOOST_TEST(analysis.plus_intervals()[row].low == expected[row].low);
        BOOST_TEST(analysis.plus_intervals()[row].high == expected[row].high);
    }
}

BOOST_AUTO_TEST_CASE(rows_outside_of_bootstrap_samples_give_intervals) {
    SimulatedRun run({simulated_numbers(8, 60, 1), simulated_numbers(8, 400, 1), simulated_numbers(8, 200, 1)});
    run.what[2].use = analysis::SetUse::out_of_bag;
    for (std::size_t member = 0; member < 8; ++member) {
        for (std::size_t row = 0; row < 200; ++row) {
            if ((row * 7 + member * 3) % 5 < 3) run.sets[2].members[member][2 * row] = std::nanf("");
        }
    }
    const analysis::Analysis analysis = analysed(run, run.all());
    const TrustResult trust = analysis::trust_of(analysis, 0, {"a"});
    const analysis::ConformalResult& plus = trust.conformal.back();
    BOOST_TEST(plus.method == "jackknife+");
    BOOST_TEST(plus.calibration_rows == 200U);
    BOOST_TEST(plus.guaranteed.value() == 0.8, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(plus.coverage.rows == 400U);
    BOOST_TEST(plus.coverage.share() > 0.85);
    BOOST_TEST(analysis.rows(2).rows == 0U);  // of these rows nothing else is told
    for (bool analysis::Study::*why :
         {&analysis::Study::validation_guides_training, &analysis::Study::rows_are_grouped}) {
        run.study.*why = true;
        BOOST_TEST(!analysis::trust_of(analysed(run, run.all()), 0, {"a"}).conformal.back().guaranteed.has_value());
        run.study.*why = false;
    }
}

BOOST_AUTO_TEST_CASE(degenerate_runs_are_told_of_too) {
    const SimulatedRun one_member({simulated_classes(1, 2, 3), simulated_classes(1, 2, 3)});
    const SimulatedRun one_class({simulated_classes(3, 5, 1), simulated_classes(3, 1, 1)});
    for (const SimulatedRun* run : {&one_member, &one_class}) {
        const TrustResult trust = analysis::trust_of(analysed(*run, run->all()), 0, {});
        BOOST_TEST(std::isfinite(trust.calibration->scaled.temperature.value));
        BOOST_TEST(trust.selective.aurc <= 1);
    }
    Simulated constant = simulated_numbers(2, 2, 1);
    std::ranges::fill(constant.numbers, 3.0F);
    const SimulatedRun numbers({constant, constant});
    const TrustResult trust = analysis::trust_of(analysed(numbers, numbers.all()), 0, {"y"});
    BOOST_TEST(std::isfinite(trust.selective.aurc));
}

/// Of classes sets, of numbers intervals: all groups together are all rows.
BOOST_AUTO_TEST_CASE(coverage_is_told_by_group) {
    const SimulatedRun classes({simulated_classes(5, 200, 4), simulated_classes(5, 300, 4)});
    const SimulatedRun numbers({simulated_numbers(5, 200, 2), simulated_numbers(5, 300, 2)});
    analysis::RowGroups groups{.names = {"few", "none", "many"}, .of_row = std::vector<std::uint32_t>(300, 2)};
    for (std::size_t row = 0; row < 300; row += 10) groups.of_row[row] = 0;
    const TrustResult sets = analysis::trust_of(analysed(classes, classes.all()), 0, {}, groups);
    const TrustResult intervals = analysis::trust_of(analysed(numbers, numbers.all()), 0, {"a", "b"}, groups);
    for (const TrustResult* trust : {&sets, &intervals}) {
        BOOST_TEST_REQUIRE(!trust->conformal.empty());
        for (const analysis::ConformalResult& each : trust->conformal) {
            BOOST_TEST_REQUIRE(each.groups.size() == 3U);
            BOOST_TEST((each.groups[0].name == "few" && each.groups[0].coverage.rows == 30U));
            BOOST_TEST((each.groups[1].coverage.rows == 0U && each.groups[2].coverage.rows == 270U));
            BOOST_TEST(each.groups[0].coverage.covered + each.groups[2].coverage.covered == each.coverage.covered);
        }
    }
    BOOST_TEST(analysis::trust_of(analysed(classes, classes.all()), 0, {}).conformal.front().groups.empty());
}

BOOST_AUTO_TEST_SUITE_END()
