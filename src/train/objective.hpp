#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.hpp"
#include "model/loss.hpp"

namespace ensemble::train {

/// The labels or targets of a batch, and the loss against them: softmax cross-entropy or squared error, by task.
class Objective {
public:
    /// `label_smoothing` softens the labels of loss() with a gradient only: what is trained on, not what is reported.
    /// Rows of a batch shorter than `batch` weigh no more than those of a full one.
    explicit Objective(double label_smoothing = 0, std::size_t batch = 1)
        : label_smoothing_(label_smoothing), batch_(batch) {}

    /// Fetches what `rows` of `table` ask for.
    void select(const data::Table& table, std::span<const std::uint32_t> rows);

    /// Sum of the losses of the selected rows.
    [[nodiscard]] double loss(const compute::Rows& outputs) const;

    /// As above; `gradient` receives the derivative of the sum over rows divided by their number, or by the batch's if
    /// that is larger.
    [[nodiscard]] double loss(const compute::Rows& outputs, const compute::Rows& gradient) const;

    /// Selected rows whose largest output is the label's. REQUIRES: classification.
    [[nodiscard]] std::size_t hits(const compute::Rows& outputs) const;

    [[nodiscard]] data::Task task() const noexcept { return task_; }

private:
    double label_smoothing_;
    std::size_t batch_;
    data::Task task_ = data::Task::classification;
    std::vector<std::int32_t> labels_;
    std::vector<float> targets_;
};

}  // namespace ensemble::train
