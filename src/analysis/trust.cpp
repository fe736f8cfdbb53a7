#include "analysis/trust.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "analysis/calibration.hpp"
#include "analysis/conformal.hpp"
#include "analysis/forecasts.hpp"
#include "analysis/pit.hpp"
#include "analysis/prediction_sets.hpp"
#include "analysis/uncertainty.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

constexpr std::size_t curve_points = 200;

/// What a combination predicts of a set, in the shape that metrics read.
task::Predicted predicted_of(const Analysis& analysis, std::size_t set, std::size_t combine) {
    const Combined& combined = analysis.rows(set).combined.at(combine);
    return {.task = *analysis.study().task,
            .targets = analysis.study().targets,
            .predictions = combined.predictions,
            .chosen = combined.chosen};
}

std::vector<CalibrationBin> bins_of(const Forecasts& forecasts) {
    std::vector<CalibrationBin> bins(calibration_bins);
    const auto count = static_cast<double>(bins.size());
    for (std::size_t i = 0; i < bins.size(); ++i) {
        bins[i].low = static_cast<double>(i) / count;
        bins[i].high = static_cast<double>(i + 1) / count;
    }
    for (std::size_t row = 0; row < forecasts.rows(); ++row) {
        const auto at = static_cast<std::size_t>(forecasts.probability[row] * count);
        CalibrationBin& bin = bins[std::min(at, bins.size() - 1)];
        ++bin.rows;
        bin.confidence += forecasts.probability[row];
        bin.accuracy += forecasts.outcome[row];
    }
    for (CalibrationBin& bin : bins) {
        if (bin.rows == 0) continue;
        bin.confidence /= static_cast<double>(bin.rows);
        bin.accuracy /= static_cast<double>(bin.rows);
    }
    return bins;
}

Scaled scaled_of(const Analysis& analysis, std::size_t combine) {
    const Study& study = analysis.study();
    const auto validation = predicted_of(analysis, study.validation, combine);
    Scaled scaled{.temperature = {}, .rows = analysis.rows(study.validation).rows, .test = {}};
    if (scaled.rows > 0) scaled.temperature = fit_temperature(validation.answers(0, analysis.truth(study.validation)));
    task::Predicted test = predicted_of(analysis, study.test, combine);
    const std::vector<float> predictions = at_temperature(test.predictions, study.targets, scaled.temperature.value);
    test.predictions = predictions;  // the same classes are chosen
    scaled.test = task::score(test, analysis.truth(study.test));
    return scaled;
}

CalibrationResult calibration_of(const Analysis& analysis, std::size_t combine) {
    const Study& study = analysis.study();
    const task::Answers answers = predicted_of(analysis, study.test, combine).answers(0, analysis.truth(study.test));
    const Forecasts forecasts = forecasts_of_chosen(answers);
    return {.error = equal_width_error(forecasts),
            .adaptive_error = equal_mass_error(forecasts),
            .debiased_error = debiased_error(forecasts),
            .class_wise_error = class_wise_error(answers),
            .bins = bins_of(forecasts),
            .reliability = reliability(forecasts),
            .band = consistency_band(forecasts, {.seed = study.seed}),
            .scaled = scaled_of(analysis, combine)};
}

SpreadResult spread_of(const Analysis& analysis, std::size_t combine) {
    const Study& study = analysis.study();
    SpreadResult spread{
        .levels = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99}, .coverage = {}, .variance_factor = {}};
    for (std::size_t target = 0; target < study.targets; ++target) {
        const auto test = predicted_of(analysis, study.test, combine).answers(target, analysis.truth(study.test));
        spread.coverage.push_back(central_coverage(probability_transforms(test), spread.levels));
        const auto validation =
            predicted_of(analysis, study.validation, combine).answers(target, analysis.truth(study.validation));
        spread.variance_factor.push_back(validation.rows > 0 ? variance_factor(validation) : 1.0);
    }
    return spread;
}

/// Classes: the probability of the chosen one, and whether it is wrong. Numbers: the negative variance and the squared
/// error; of several targets the sums, each in units of the true numbers' variance.
RiskCoverage risk_coverage_of(const Analysis& analysis, std::size_t combine) {
    const Study& study = analysis.study();
    const task::Predicted predicted = predicted_of(analysis, study.test, combine);
    const task::Truth truth = analysis.truth(study.test);
    std::vector<double> confidence(predicted.rows());
    std::vector<double> loss(predicted.rows());
    if (study.task->kind == task::Kind::classification) {
        const Forecasts forecasts = forecasts_of_chosen(predicted.answers(0, truth));
        std::ranges::transform(forecasts.outcome, loss.begin(), [](double outcome) { return 1 - outcome; });
        return {forecasts.probability, loss};
    }
    for (std::size_t target = 0; target < study.targets; ++target) {
        const task::Answers answers = predicted.answers(target, truth);
        double mean = 0;
        for (std::size_t row = 0; row < answers.rows; ++row) mean += answers.number(row);
        mean /= static_cast<double>(answers.rows);
        double spread = 0;
        for (std::size_t row = 0; row < answers.rows; ++row) spread += std::pow(answers.number(row) - mean, 2);
        const double scale = study.targets == 1 || spread == 0 ? 1 : spread / static_cast<double>(answers.rows);
        for (std::size_t row = 0; row < answers.rows; ++row) {
            confidence[row] -= double{answers.of(row)[1]} / scale;
            loss[row] += std::pow(double{answers.of(row)[0]} - answers.number(row), 2) / scale;
        }
    }
    return {confidence, loss};
}

/// Numbers that name a set's rows: their places.
std::vector<std::uint32_t> places_of(std::size_t rows) {
    std::vector<std::uint32_t> places(rows);
    std::iota(places.begin(), places.end(), 0U);
    return places;
}

std::vector<GroupCoverage> coverage_of_groups(const std::vector<std::uint8_t>& covered, const RowGroups& groups) {
    std::vector<GroupCoverage> all;
    if (groups.empty()) return all;
    const std::vector<Coverage> coverage = coverage_by_group(covered, groups.of_row, groups.names.size());
    for (std::size_t i = 0; i < coverage.size(); ++i) all.push_back({.name = groups.names[i], .coverage = coverage[i]});
    return all;
}

void add_sets(const Analysis& analysis, std::size_t combine, const RowGroups& groups,
              std::vector<ConformalResult>& results) {
    const Study& study = analysis.study();
    const auto calibration =
        predicted_of(analysis, study.validation, combine).answers(0, analysis.truth(study.validation));
    const auto test = predicted_of(analysis, study.test, combine).answers(0, analysis.truth(study.test));
    const auto calibration_places = places_of(calibration.rows);
    const auto test_places = places_of(test.rows);
    for (const SetMethod& method : set_methods()) {
        const FittedSets fitted = fit_sets(
            method, {.answers = calibration, .numbers = calibration_places, .seed = study.seed, .is_calibration = true},
            1 - conformal_level);
        const PredictionSets sets = prediction_sets({.answers = test, .numbers = test_places, .seed = study.seed},
                                                    fitted.penalty, fitted.threshold);
        const std::vector<std::uint8_t> covered = sets.covered(test.truth.labels);
        results.push_back({.target = {},
                           .method = method.name,
                           .text = method.text,
                           .level = conformal_level,
                           .calibration_rows = fitted.calibration_rows,
                           .coverage = coverage_of(covered),
                           .mean_size = sets.mean_size(),
                           .groups = coverage_of_groups(covered, groups)});
    }
}

void add_intervals(const Analysis& analysis, std::size_t combine, std::size_t target, const std::string& name,
                   const RowGroups& groups, std::vector<ConformalResult>& results) {
    const Study& study = analysis.study();
    const double alpha = 1 - conformal_level;
    const auto calibration =
        predicted_of(analysis, study.validation, combine).answers(target, analysis.truth(study.validation));
    const auto test = predicted_of(analysis, study.test, combine).answers(target, analysis.truth(study.test));
    for (const IntervalMethod& method : interval_methods()) {
        const double threshold = interval_threshold(method, calibration, alpha);
        const std::vector<Interval> intervals = conformal_intervals(method, test, threshold, alpha);
        const std::vector<std::uint8_t> covered = covered_rows(intervals, test);
        results.push_back({.target = name,
                           .method = method.name,
                           .text = method.text,
                           .level = conformal_level,
                           .calibration_rows = calibration.rows,
                           .coverage = coverage_of(covered),
                           .mean_size = mean_width(intervals),
                           .groups = coverage_of_groups(covered, groups)});
    }
}

/// From rows that members were trained on, where they differ in these.
void add_plus_intervals(const Analysis& analysis, const std::vector<std::string>& targets, const RowGroups& groups,
                        std::vector<ConformalResult>& results) {
    const Study& study = analysis.study();
    const auto method = plus_method(study, analysis.committee(), 1 - conformal_level);
    if (!method) return;
    const std::size_t rows = analysis.rows(study.test).rows;
    for (std::size_t target = 0; target < study.targets; ++target) {
        const auto intervals = analysis.plus_intervals().subspan(target * rows, rows);
        const auto test = predicted_of(analysis, study.test, 0).answers(target, analysis.truth(study.test));
        const std::vector<std::uint8_t> covered = covered_rows(intervals, test);
        ConformalResult& result = results.emplace_back();
        result = {.target = targets.at(target),
                  .method = method->name,
                  .text = method->text,
                  .level = conformal_level,
                  .calibration_rows = method->rows,
                  .coverage = coverage_of(covered),
                  .mean_size = mean_width(intervals),
                  .groups = coverage_of_groups(covered, groups)};
        if (study.validation_is_exchangeable()) result.guaranteed = method->guaranteed;
    }
}

/// Split conformal, from the validation rows, but with folds: then a row is predicted by other members than a new one
/// is, so that there are none to calibrate with.
std::vector<ConformalResult> conformal_of(const Analysis& analysis, std::size_t combine,
                                          const std::vector<std::string>& targets, const RowGroups& groups) {
    const Study& study = analysis.study();
    std::vector<ConformalResult> results;
    if (study.folds() == 0) {
        if (study.task->kind == task::Kind::classification) {
            add_sets(analysis, combine, groups, results);
        } else {
            for (std::size_t target = 0; target < study.targets; ++target)
                add_intervals(analysis, combine, target, targets.at(target), groups, results);
        }
        const bool is_sure = study.validation_is_exchangeable() && analysis.weights().at(combine).empty();
        for (ConformalResult& result : results) {
            if (is_sure) result.guaranteed = result.level;
        }
    }
    add_plus_intervals(analysis, targets, groups, results);
    return results;
}

}  // namespace

TrustResult trust_of(const Analysis& analysis, std::size_t combine, const std::vector<std::string>& targets,
                     const RowGroups& groups) {
    constexpr double most = 0.8;
    constexpr double few_errors = 0.05;
    const Study& study = analysis.study();
    const bool classes = study.task->kind == task::Kind::classification;
    TrustResult trust{.measures = uncertainty_names(study.task->kind, targets),
                      .mean = {},
                      .selective = {},
                      .calibration = {},
                      .spread = {},
                      .conformal = conformal_of(analysis, combine, targets, groups)};
    const std::vector<float>& uncertainty = analysis.rows(study.test).uncertainty;
    trust.mean.resize(trust.measures.size());
    core::require(uncertainty.size() == trust.measures.size() * analysis.rows(study.test).rows,
                  "every row has all measures of uncertainty");
    for (std::size_t i = 0; i < uncertainty.size(); ++i) trust.mean[i % trust.mean.size()] += double{uncertainty[i]};
    for (double& mean : trust.mean) mean /= static_cast<double>(analysis.rows(study.test).rows);
    const RiskCoverage curve = risk_coverage_of(analysis, combine);
    trust.selective = {.curve = curve.curve(curve_points),
                       .aurc = curve.aurc(),
                       .augrc = curve.augrc(),
                       .risk_at_80 = curve.risk_at(most),
                       .coverage_at_5 = classes ? curve.coverage_at(few_errors) : 0.0};
    if (classes) {
        trust.calibration = calibration_of(analysis, combine);
    } else {
        trust.spread = spread_of(analysis, combine);
    }
    return trust;
}

}  // namespace ensemble::analysis
