#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/block.hpp"
#include "core/random.hpp"

/// Members' predictions of some rows with what is true of them, and blocks of these rows.
struct Simulated {
    const ensemble::task::Task& task;
    std::size_t targets = 1;
    std::size_t rows = 0;
    std::vector<std::vector<float>> members;  ///< [rows × width] each
    std::vector<std::int32_t> labels = {};
    std::vector<float> numbers = {};

    [[nodiscard]] std::size_t width() const { return task.predicted_width(targets); }

    [[nodiscard]] ensemble::task::Truth truth(std::size_t first, std::size_t count) const {
        if (labels.empty())
            return {.numbers = std::span(numbers).subspan(first * targets, count * targets), .targets = targets};
        return {.labels = std::span(labels).subspan(first, count)};
    }
    [[nodiscard]] ensemble::task::Truth truth() const { return truth(0, rows); }

    /// What all members say of rows [first, first + count), one after the other.
    [[nodiscard]] std::vector<float> predictions(std::size_t first, std::size_t count) const {
        std::vector<float> all;
        for (const std::vector<float>& member : members) {
            const auto part = std::span(member).subspan(first * width(), count * width());
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }
    [[nodiscard]] std::vector<float> predictions() const { return predictions(0, rows); }

    /// `all` is what predictions() returned for these rows.
    [[nodiscard]] ensemble::analysis::Block block(std::span<const float> all, std::size_t first,
                                                  std::size_t count) const {
        return {.task = task,
                .targets = targets,
                .members = members.size(),
                .rows = count,
                .predictions = all,
                .truth = truth(first, count)};
    }
    [[nodiscard]] ensemble::analysis::Block block(std::span<const float> all) const { return block(all, 0, rows); }
};

/// Probabilities of classes; every label is one of them.
inline Simulated simulated_classes(std::size_t members, std::size_t rows, std::size_t classes) {
    using namespace ensemble;
    core::RandomStream stream({.seed = 77});
    Simulated all{
        .task = task::standard_task(task::Kind::classification), .targets = classes, .rows = rows, .members = {}};
    all.members.assign(members, std::vector<float>(rows * classes));
    for (std::vector<float>& member : all.members) {
        for (std::size_t row = 0; row < rows; ++row) {
            double sum = 0;
            std::vector<double> weights(classes);
            for (double& weight : weights) sum += weight = std::exp(3 * stream.normal());
            for (std::size_t c = 0; c < classes; ++c) member[row * classes + c] = static_cast<float>(weights[c] / sum);
        }
    }
    for (std::size_t row = 0; row < rows; ++row) all.labels.push_back(static_cast<std::int32_t>(row % classes));
    return all;
}

/// Means that err by about as much as the variances say; the second target is in units a hundred times as large.
inline Simulated simulated_numbers(std::size_t members, std::size_t rows, std::size_t targets) {
    using namespace ensemble;
    core::RandomStream stream({.seed = 78});
    Simulated all{.task = task::standard_task(task::Kind::regression), .targets = targets, .rows = rows, .members = {}};
    for (std::size_t i = 0; i < rows * targets; ++i) {
        const double unit = i % targets == 1 ? 100 : 1;
        all.numbers.push_back(static_cast<float>(unit * (5 + 2 * stream.normal())));
    }
    for (std::size_t member = 0; member < members; ++member) {
        std::vector<float> pairs;
        for (std::size_t i = 0; i < rows * targets; ++i) {
            const double unit = i % targets == 1 ? 100 : 1;
            pairs.push_back(static_cast<float>(all.numbers[i] + unit * stream.normal()));
            pairs.push_back(static_cast<float>(unit * unit * stream.uniform(0.5, 2)));
        }
        all.members.push_back(pairs);
    }
    return all;
}
