#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "store/summary.hpp"

// Results with a value of its own in every place.
namespace ensemble::testing {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

inline const task::Task& classes = task::standard_task(task::Kind::classification);
inline const task::Task& numbers = task::standard_task(task::Kind::regression);

/// The result of the combination of that name; every metric that may have a gain has one, twice as large as that of the
/// metric before.
[[nodiscard]] inline analysis::CombinationResult result_of(const task::Task& task, std::string_view name,
                                                           task::Scores scores, const analysis::PairedGain& gain) {
    const std::size_t place = analysis::find_combination(task.kind, name);
    analysis::CombinationResult result{.combination = analysis::combinations_of(task.kind).at(place),
                                       .scores = std::move(scores),
                                       .over_mean = {},
                                       .over_best = {},
                                       .by_class = {}};
    double factor = 1;
    for (const task::Metric& metric : task.metrics()) {
        result.over_mean.emplace_back();
        result.over_best.emplace_back();
        if (!metric.is_mean() || metric.better == task::Better::nominal) continue;
        analysis::PairedGain one = gain;
        one.gain.value *= factor;
        factor *= 2;
        result.over_mean.back() = analysis::Gain{one.gain.value / 2, one.gain.ci95};
        result.over_best.back() = one;
    }
    return result;
}

[[nodiscard]] inline store::Summary example() {
    store::Summary summary;
    summary.program = {"0.1.0", "GCC 12 Release native", "some processor", 64};
    summary.config = R"json({"members": 2, "net": "dense(8)", "bootstrap": false})json";
    summary.task = &classes;
    summary.data = {.name = "digits",
                    .sha256 = "00ff",
                    .train = 5400,
                    .validation = 600,
                    .test = 2000,
                    .shape = {28, 28},
                    .evaluation_sets = {"validation", "test"},
                    .classes = 3,
                    .baseline = {.label = 1, .accuracy = 0.375}};
    const task::Scores scores{0.75, 0.5, 0.375, 0.0625, 0.625, 0.6875, 0.9375};
    summary.members.resize(2);
    summary.settings = {{.net = "flatten"}, {.net = "dense(9)", .varied = {{"lr", "0.1"}}}};
    summary.members[0] = {.index = 0,
                          .parameters = 99,
                          .epochs = 5,
                          .train_s = 1.5,
                          .validation_loss = 0.25,
                          .validation_score = 0.875,
                          .validation = {0.8125, 0.5, 0.25, 0.125, 0.75, 0.875, not_a_number},
                          .test = scores,
                          .excluded = {}};
    summary.members[1].index = 1;
    summary.members[1].validation_loss = not_a_number;
    summary.members[1].excluded = "loss is NaN in epoch 2";
    summary.ensemble.mean_member = scores;
    summary.ensemble.best_member_test = scores;
    summary.ensemble.combinations = {result_of(classes, "average", {0.875, 0.25, 0.125, 0.03125, 0.75, 0.8125, 0.96875},
                                               {{0.25, {0.125, 0.375}}, 0.03125, 20, 8}),
                                     result_of(classes, "vote", {0.8125, 1.5, 0.5, 0.25, 0.5, 0.5625, 0.875},
                                               {{0.75, {0.625, 0.875}}, 0.015625, 30, 4})};
    const std::vector<std::int32_t> labels{0, 0, 2};
    summary.ensemble.combinations[0].by_class = {labels, std::vector<std::int32_t>{0, 1, 2}, 3};
    summary.ensemble.combinations[1].by_class = {labels, std::vector<std::int32_t>{1, 1, 2}, 3};
    summary.timing = {4, 10, 0.5, 9, 0.25, 0.125, 0.03125, 50000, 4.5, 0.875, 0.9375, 0.0625};
    return summary;
}

[[nodiscard]] inline store::Summary example_of_numbers() {
    store::Summary summary = example();
    summary.task = &numbers;
    summary.data.classes = 0;
    summary.data.baseline = {};
    summary.data.target_names = {"price", "size"};
    summary.data.baseline_scores = {9, 8, 0, 3.5, 7, 0.9375};
    const task::Scores scores{3, 2, 0.75, 2.5, 1.5, 0.875};
    summary.members[0].validation = {4, 2, 0.5, 2.75, 1.75, 0.9375};
    summary.members[0].test = scores;
    summary.ensemble.mean_member = scores;
    summary.ensemble.best_member_test = scores;
    summary.ensemble.combinations = {
        result_of(numbers, "mixture", {2.5, 1.5, 0.875, 2.25, 1.25, 0.96875}, {{0.5, {0.25, 0.75}}, 0.03125})};
    return summary;
}

}  // namespace ensemble::testing
