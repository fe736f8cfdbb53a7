#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "store/summary.hpp"

// Results that no run has had, for what shows them.
namespace ensemble::testing {

inline const task::Task& classes = task::standard_task(task::Kind::classification);
inline const task::Task& numbers = task::standard_task(task::Kind::regression);

/// The result of the combination at that place, with gains in the first metric and in no other.
[[nodiscard]] inline analysis::CombinationResult result_of(const task::Task& task, std::size_t place,
                                                           task::Scores scores, const analysis::Gain& over_mean,
                                                           const analysis::PairedGain& over_best) {
    analysis::CombinationResult result{.combination = analysis::combinations_of(task.kind).at(place),
                                       .scores = std::move(scores),
                                       .over_mean = {},
                                       .over_best = {},
                                       .by_class = {}};
    result.over_mean.resize(task.metrics().size());
    result.over_best.resize(task.metrics().size());
    result.over_mean.front() = over_mean;
    result.over_best.front() = over_best;
    return result;
}

inline void add_members(store::Summary& summary, std::size_t count, const task::Scores& test, double validation_score) {
    for (std::size_t i = 0; i < count; ++i) {
        summary.settings.push_back({.net = "dense(8)"});
        summary.members.push_back({.index = static_cast<std::uint32_t>(i),
                                   .parameters = 10,
                                   .epochs = 20,
                                   .train_s = 12.34,
                                   .validation_loss = 0.1,
                                   .validation_score = validation_score,
                                   .validation = test,
                                   .test = test,
                                   .excluded = ""});
    }
    summary.ensemble.mean_member = test;
    summary.ensemble.best_member = count > 1 ? 1 : 0;
    summary.ensemble.best_member_test = test;
    summary.timing = {.ranks = 2,
                      .wall_s = 65.2,
                      .samples_per_s = 118'402.4,
                      .idle_s = 12.3,
                      .efficiency = 0.9,
                      .efficiency_bound = 0.9375};
}

[[nodiscard]] inline store::Summary summary_of(std::size_t members) {
    store::Summary summary;
    summary.task = &classes;
    add_members(summary, members, {0.9123, 0.31, 0.1, 0.02, 0.7, 0.7, 0.95}, 0.9);
    summary.ensemble.combinations = {
        result_of(classes, 0, {0.95, 0.2, 0.1, 0.01, 0.7222, 0.7, 0.96},
                  {.value = 0.0377, .ci95 = {.low = 0.02, .high = 0.05}},
                  {.gain = {.value = 0.0377, .ci95 = {.low = -0.001, .high = 0.05}}, .p_value = 0.061}),
        result_of(classes, 1, {0.945, 1.2, 0.1, 0.03, 0.6667, 0.7, 0.9},
                  {.value = -0.01, .ci95 = {.low = -0.02, .high = 0}},
                  {.gain = {.value = 0.03, .ci95 = {.low = 0.01, .high = 0.05}}, .p_value = 0.00001})};
    summary.data.classes = 3;
    summary.data.class_names = {"ash", "elm\x1b", "oak"};
    summary.data.baseline = {.label = 1, .accuracy = 0.42};
    const std::vector<std::int32_t> labels{0, 0, 0, 1, 2, 2};
    summary.ensemble.combinations[0].by_class = {labels, std::vector<std::int32_t>{0, 0, 1, 1, 2, 0}, 3};
    summary.ensemble.combinations[1].by_class = {labels, std::vector<std::int32_t>{0, 0, 0, 0, 2, 2}, 3};
    return summary;
}

[[nodiscard]] inline store::Summary summary_of_numbers(std::size_t members) {
    store::Summary summary;
    summary.task = &numbers;
    add_members(summary, members, {3.0123, 2.1, 0.85, 2.5, 1.6, 0.9}, 3.25);
    summary.ensemble.combinations = {
        result_of(numbers, 0, {2.5, 1.8, 0.89, 2.25, 1.4, 0.96}, {.value = 0.5123, .ci95 = {.low = 0.4, .high = 0.6}},
                  {.gain = {.value = 0.5123, .ci95 = {.low = -0.01, .high = 0.7}}, .p_value = 0.061})};
    summary.data.target_names = {"price"};
    summary.data.baseline_scores = {8.75, 7, 0, 3.5, 5, 0.95};
    return summary;
}

}  // namespace ensemble::testing
