#pragma once

#include <cstdint>
#include <span>

#include "compute/rows.hpp"

namespace model {

/// Turns logits into probabilities, row by row, in place.
void softmax(const compute::Rows& logits);

/// Softmax cross-entropy. Returns the sum over rows of −ln softmax(z)[label]; leaves in `gradient` the derivative of
/// the mean over rows, (softmax(z) − 1[label]) / count. A row that is not finite makes the result NaN.
/// `labels` [count], each below width; `gradient` has the shape of `logits`.
double softmax_cross_entropy(const compute::Rows& logits, std::span<const std::int32_t> labels,
                             const compute::Rows& gradient);

/// As above, without a gradient.
double softmax_cross_entropy(const compute::Rows& logits, std::span<const std::int32_t> labels);

/// Squared error. Returns the sum over rows of the mean over columns of (y − t)²; `gradient` receives the derivative
/// of the mean over rows. `targets` [count × width], row after row.
double squared_error(const compute::Rows& outputs, std::span<const float> targets, const compute::Rows& gradient);
double squared_error(const compute::Rows& outputs, std::span<const float> targets);

}  // namespace model
