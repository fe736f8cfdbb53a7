#pragma once

#include <cstdint>

#include "data/augmentation.hpp"
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
    bool bootstrap = false;         ///< the member sees a bootstrap sample of the training rows
    double feature_fraction = 1.0;  ///< the member sees this random share of features; the others read zero
    /// Of the training rows, anew in every epoch; validation sees them as they are.
    data::Augmentation augmentation = {};
    std::size_t test_views = 1;  ///< whose mean predicts, see TestViews
    float background = 0;        ///< what is beyond an image's border
};

/// The task to be learnt.
[[nodiscard]] inline const task::Task& task_of(const Problem& problem) {
    return problem.task != nullptr ? *problem.task : task::standard_task(problem.train.table->description().task);
}

/// What one member is: everything that its training depends on. What it points to must outlive it.
struct MemberSpec {
    std::uint32_t index = 0;
    const model::Network* network = nullptr;
    Hyperparameters training;
    Problem problem;
};

}  // namespace ensemble::train
