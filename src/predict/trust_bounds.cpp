#include "predict/trust_bounds.hpp"

#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "analysis/conformal.hpp"
#include "analysis/row_jobs.hpp"
#include "analysis/temperature.hpp"
#include "analysis/uncertainty.hpp"
#include "core/contract.hpp"
#include "predict/row_names.hpp"
#include "task/score.hpp"

namespace ensemble::predict {
namespace {

const analysis::Combination& combination_of(const Ensemble& ensemble) {
    return *analysis::combinations_of(ensemble.task->kind).at(ensemble.combine);
}

}  // namespace

HeldOutRows read_held_out_rows(const analysis::Study& study, const analysis::Committee& committee,
                               const analysis::ReadPredictions& read, const Ensemble& ensemble) {
    HeldOutRows held_out;
    held_out.targets = study.targets;
    const task::Truth all = study.sets[study.validation]->truth();
    for (const analysis::RowJob& job : analysis::row_jobs(study, committee)) {
        if (job.set != study.validation) continue;
        std::vector<std::uint32_t> members;
        for (const std::uint32_t place : job.places) members.push_back(committee.members[place]);
        const std::vector<float> predictions = read(job.set, members, job.first, job.count);
        const analysis::Block block{.task = *study.task,
                                    .targets = study.targets,
                                    .members = members.size(),
                                    .rows = job.count,
                                    .predictions = predictions,
                                    .truth = {}};
        const auto weights = ensemble.weights.empty()
                                 ? std::vector<double>{}
                                 : analysis::weights_among(ensemble.weights.at(ensemble.combine), job.places);
        analysis::Combined combined = combination_of(ensemble).apply(block, weights);
        if (ensemble.temperature) {
            combined.predictions = analysis::at_temperature(combined.predictions, study.targets, *ensemble.temperature);
        }
        const std::vector<float> uncertainty = analysis::uncertainties(block);
        const task::Truth truth = all.part(job.first, job.count);
        const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
        append(held_out.combined, combined.predictions);
        append(held_out.uncertainty, uncertainty);
        append(held_out.labels, truth.labels);
        append(held_out.numbers, truth.numbers);
        held_out.rows += job.count;
    }
    return held_out;
}

TrustBounds::TrustBounds(const Ensemble& ensemble, const HeldOutRows& rows, double level, std::uint64_t seed)
    : ensemble_(ensemble), alpha_(1 - level), seed_(seed) {
    core::require(level > 0 && level < 1, "a level is a share between none and all");
    double widest = 0;
    if (ensemble.task->kind == task::Kind::classification) {
        task::Answers calibration = answers(rows.combined, rows.rows, 0);
        calibration.truth = rows.truth();
        std::vector<std::uint32_t> places(rows.rows);
        std::iota(places.begin(), places.end(), 0U);
        fitted_ = analysis::fit_sets(analysis::set_methods().front(),
                                     {.answers = calibration, .numbers = places, .seed = seed, .is_calibration = true},
                                     alpha_);
        widest = fitted_.threshold;
    } else {
        for (std::size_t target = 0; target < ensemble.targets; ++target) {
            task::Answers calibration = answers(rows.combined, rows.rows, target);
            calibration.truth = rows.truth();
            std::size_t method = 1;
            double threshold = analysis::interval_threshold(analysis::interval_methods()[method], calibration, alpha_);
            if (std::isinf(threshold)) {
                method = 0;
                threshold = analysis::interval_threshold(analysis::interval_methods()[method], calibration, alpha_);
            }
            methods_.push_back(method);
            thresholds_.push_back(threshold);
            widest = std::max(widest, threshold);
        }
    }
    if (!std::isinf(widest)) return;
    note_ = fmt::format(
        "{} validation rows are too few to say anything at a level of {}: {}", rows.rows, level,
        ensemble.task->kind == task::Kind::classification ? "sets hold every class" : "intervals have no ends");
}

task::Answers TrustBounds::answers(std::span<const float> combined, std::size_t rows, std::size_t target) const {
    task::Answers answers =
        task::Predicted{.task = *ensemble_.task, .targets = ensemble_.targets, .predictions = combined}.answers(target,
                                                                                                                {});
    answers.rows = rows;
    return answers;
}

std::vector<analysis::Interval> TrustBounds::intervals(const Predictions& predictions) const {
    std::vector<analysis::Interval> all(predictions.rows * ensemble_.targets);
    for (std::size_t target = 0; target < ensemble_.targets; ++target) {
        const auto own = analysis::conformal_intervals(analysis::interval_methods()[methods_[target]],
                                                       answers(predictions.combined, predictions.rows, target),
                                                       thresholds_[target], alpha_);
        for (std::size_t row = 0; row < predictions.rows; ++row) all[row * ensemble_.targets + target] = own[row];
    }
    return all;
}

analysis::PredictionSets TrustBounds::sets(const Predictions& predictions) const {
    const std::vector<std::uint32_t> names = row_names(predictions.combined, predictions.rows);
    const task::Answers own = answers(predictions.combined, predictions.rows, 0);
    return analysis::prediction_sets({.answers = own, .numbers = names, .seed = seed_}, fitted_.penalty,
                                     fitted_.threshold);
}

void BoundsHeld::add(const BoundsHeld& other) {
    asked += other.asked;
    held += other.held;
    extent += other.extent;
}

BoundsHeld TrustBounds::held(const Predictions& predictions, std::span<const double> truth) const {
    BoundsHeld sum;
    const auto ask = [&](bool holds, double extent) {
        sum.add({.asked = 1, .held = holds ? 1U : 0U, .extent = extent});
    };
    if (ensemble_.task->kind == task::Kind::classification) {
        const analysis::PredictionSets all = sets(predictions);
        for (std::size_t row = 0; row < truth.size(); ++row) {
            if (std::isfinite(truth[row]))
                ask(all.has(row, static_cast<std::size_t>(truth[row])), static_cast<double>(all.size(row)));
        }
    } else {
        const std::vector<analysis::Interval> all = intervals(predictions);
        for (std::size_t place = 0; place < truth.size(); ++place)
            if (std::isfinite(truth[place])) ask(all[place].holds(truth[place]), all[place].high - all[place].low);
    }
    return sum;
}

}  // namespace ensemble::predict
