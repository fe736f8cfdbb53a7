#include "train/objective.hpp"

#include <algorithm>

namespace ensemble::train {

void Objective::select(const data::Table& table, std::span<const std::uint32_t> rows) {
    task_ = table.description().task;
    if (task_ == data::Task::classification) {
        labels_.resize(rows.size());
        const auto all = table.labels();
        std::ranges::transform(rows, labels_.begin(), [&](std::uint32_t row) { return all[row]; });
        return;
    }
    const std::size_t width = table.outputs();
    targets_.resize(rows.size() * width);
    const auto all = table.targets();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::ranges::copy(all.subspan(rows[i] * width, width),
                          targets_.begin() + static_cast<std::ptrdiff_t>(i * width));
    }
}

double Objective::loss(const compute::Rows& outputs) const {
    return task_ == data::Task::classification ? model::softmax_cross_entropy(outputs, labels_)
                                               : model::squared_error(outputs, targets_);
}

double Objective::loss(const compute::Rows& outputs, const compute::Rows& gradient) const {
    const double loss = task_ == data::Task::classification
                            ? model::softmax_cross_entropy(outputs, labels_, gradient, label_smoothing_)
                            : model::squared_error(outputs, targets_, gradient);
    if (outputs.count >= batch_) return loss;
    const float share = static_cast<float>(outputs.count) / static_cast<float>(batch_);
    for (std::size_t row = 0; row < gradient.count; ++row) {
        for (float& slope : gradient[row]) slope *= share;
    }
    return loss;
}

std::size_t Objective::hits(const compute::Rows& outputs) const {
    std::size_t count = 0;
    for (std::size_t row = 0; row < outputs.count; ++row) {
        const auto z = outputs[row];
        const auto largest = std::ranges::max_element(z) - z.begin();
        count += largest == labels_[row] ? 1 : 0;
    }
    return count;
}

}  // namespace ensemble::train
