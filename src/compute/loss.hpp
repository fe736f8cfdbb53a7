#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace compute {

/// A batch of rows in memory.
struct Rows {
    float* data = nullptr;
    std::size_t count = 0;
    std::size_t width = 0;
    std::size_t stride = 0;

    [[nodiscard]] std::span<float> operator[](std::size_t row) const { return {data + row * stride, width}; }
};

/// Turns logits into probabilities, row by row, in place.
void softmax(const Rows& logits);

/// Softmax cross-entropy. Returns the sum over rows of −ln softmax(z)[label]; leaves in `gradient` the derivative of
/// the mean over rows, (softmax(z) − 1[label]) / count. A row that is not finite makes the result NaN.
/// `labels` [count], each below width; `gradient` has the shape of `logits`.
double softmax_cross_entropy(const Rows& logits, std::span<const std::int32_t> labels, const Rows& gradient);

/// As above, without a gradient.
double softmax_cross_entropy(const Rows& logits, std::span<const std::int32_t> labels);

/// Squared error. Returns the sum over rows of the mean over columns of (y − t)²; `gradient` receives the derivative
/// of the mean over rows. `targets` [count × width], row after row.
double squared_error(const Rows& outputs, std::span<const float> targets, const Rows& gradient);
double squared_error(const Rows& outputs, std::span<const float> targets);

}  // namespace compute
