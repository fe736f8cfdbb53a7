#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "data/augmentation.hpp"
#include "data/column_encoding.hpp"
#include "data/dataset.hpp"
#include "model/network.hpp"
#include "task/task.hpp"
#include "train/hyperparameters.hpp"

namespace ensemble::train {

/// What a member is trained on.
struct Problem {
    const task::Task* task = nullptr;  ///< null: the standard one of the training table's kind
    task::Scale scale = {};            ///< of the numbers to be learnt
    data::View train;
    data::View validation;
    std::uint64_t seed = 1;
    /// The number that the member's rows and features are drawn by; unset: its own. Members that go on from one another
    /// share one.
    std::optional<std::uint32_t> sample = std::nullopt;
    bool bootstrap = false;         ///< the member sees a bootstrap sample of the training rows
    double feature_fraction = 1.0;  ///< the member sees this random share of columns; the others read zero
    /// How many features each column is, one after the other; empty where each feature is one.
    std::vector<std::size_t> columns = {};
    std::vector<data::FeatureRange> unseen = {};  ///< features that are other members' encodings: they read zero
    /// Features whose weights in a first dense layer begin at zero, so that a network begins as if they were not there.
    std::vector<data::FeatureRange> begin_at_zero = {};
    /// Of the training rows, anew in every epoch; validation sees them as they are.
    data::Augmentation augmentation = {};
    std::size_t test_views = 1;  ///< whose mean predicts, see TestViews
    float background = 0;        ///< what is beyond an image's border
};

/// The task to be learnt.
[[nodiscard]] inline const task::Task& task_of(const Problem& problem) {
    return problem.task != nullptr ? *problem.task : task::standard_task(problem.train.table->description().task);
}

/// The number that the rows and features of this member are drawn by.
[[nodiscard]] inline std::uint32_t sample_of(const Problem& problem, std::uint32_t member) {
    return problem.sample.value_or(member);
}

/// What one member is: everything that its training depends on. What it points to must outlive it.
struct MemberSpec {
    std::uint32_t index = 0;
    const model::Network* network = nullptr;
    Hyperparameters training;
    Problem problem;
    /// The member whose finished parameters it begins with, see beginning.hpp; unset: it has an initialisation of its
    /// own.
    std::optional<std::uint32_t> after = std::nullopt;
};

}  // namespace ensemble::train
