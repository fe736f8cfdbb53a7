#include "train/batch_truth.hpp"

#include <algorithm>

namespace ensemble::train {

void BatchTruth::select(const data::Table& table, std::span<const std::uint32_t> rows, const task::Scale& scale,
                        const RowWeights& weights) {
    weights_.resize(weights.all_the_same() ? 0 : rows.size());
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i] = static_cast<float>(weights.of(rows[i]));
    if (table.description().task == task::Kind::classification) {
        labels_.resize(rows.size());
        const auto all = table.labels();
        std::ranges::transform(rows, labels_.begin(), [&](std::uint32_t row) { return all[row]; });
        return;
    }
    targets_ = table.outputs();
    numbers_.resize(rows.size() * targets_);
    const auto all = table.targets();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t target = 0; target < targets_; ++target) {
            const double y = all[rows[i] * targets_ + target];
            numbers_[i * targets_ + target] =
                static_cast<float>((y - scale.mean_of(target)) / scale.deviation_of(target));
        }
    }
}

}  // namespace ensemble::train
