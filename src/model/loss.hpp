#pragma once

#include <cstdint>
#include <span>

#include "compute/rows.hpp"

namespace ensemble::model {

/// Turns logits into probabilities, row by row, in place.
void softmax(const compute::Rows& logits);

/// Softmax cross-entropy against softened labels (Szegedy et al. 2016): q = (1 − ε)·1[label] + ε/width, ε =
/// `smoothing`. Returns the sum over rows of −Σ q·ln softmax(z); leaves in `gradient` the derivative of the mean over
/// rows, (softmax(z) − q) / count. A NaN or +∞ in a row makes the result not finite. `labels` [count], each below
/// width; `gradient` has the shape of `logits`. REQUIRES: 0 ≤ ε < 1.
double softmax_cross_entropy(const compute::Rows& logits, std::span<const std::int32_t> labels,
                             const compute::Rows& gradient, double smoothing = 0);

/// Of the labels as they are (ε = 0), without a gradient.
double softmax_cross_entropy(const compute::Rows& logits, std::span<const std::int32_t> labels);

/// Squared error. Returns the sum over rows of the mean over columns of (y − t)²; `gradient` receives the derivative
/// of the mean over rows. `targets` [count × width], row after row.
double squared_error(const compute::Rows& outputs, std::span<const float> targets, const compute::Rows& gradient);
double squared_error(const compute::Rows& outputs, std::span<const float> targets);

}  // namespace ensemble::model
