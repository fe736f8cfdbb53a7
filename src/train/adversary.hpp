#pragma once

#include <cstdint>
#include <span>

#include "compute/rows.hpp"
#include "core/buffer.hpp"
#include "data/dataset.hpp"

namespace ensemble::train {

/// Moves batches to where the loss is larger: the fast gradient sign method (Goodfellow, Shlens & Szegedy 2015), x ← x
/// + ε·r·sign(∂loss/∂x), where r is the range of the feature over the training rows, as in Deep Ensembles
/// (Lakshminarayanan, Pritzel & Blundell 2017). Every input of the network is a feature: a column that one-hot encoding
/// makes moves by ε of its own range, and one that never changes (the border of an image, what fills up a sequence)
/// stays. What is moved may leave the range, as in the paper.
class Adversary {
public:
    /// Reads the rows of `train` once. `hidden_features`, which the member does not see, stay as they are. REQUIRES:
    /// epsilon > 0.
    Adversary(const data::View& train, double epsilon, std::span<const std::uint32_t> hidden_features);

    /// Moves each row of `batch` [rows × features] by the sign of `gradient`, of the same shape. Where that is zero, or
    /// no number, nothing moves.
    void move(const compute::Rows& gradient, const compute::Rows& batch) const;

private:
    core::Buffer<float> distances_;  ///< ε·r of each feature
};

}  // namespace ensemble::train
