#pragma once

#include <cstdint>
#include <span>

#include "compute/rows.hpp"

// Losses are sums over rows, and `gradient` receives the derivative of such a sum divided by the number of rows.
// `weights` [count] says how much each row counts in both; without them each counts 1.
namespace ensemble::compute {

/// Turns logits into probabilities, row by row, in place.
void softmax(const Rows& logits);

/// Softmax cross-entropy against softened labels (Szegedy et al. 2016): q = (1 − ε)·1[label] + ε/width, ε =
/// `smoothing`. Returns the sum over rows of −Σ q·ln softmax(z); leaves in `gradient` the derivative of the mean over
/// rows, w·(softmax(z) − q) / count. A NaN or +∞ in a row makes the result not finite. `labels` [count], each below
/// width; `gradient` has the shape of `logits`. REQUIRES: 0 ≤ ε < 1.
double softmax_cross_entropy(const Rows& logits, std::span<const std::int32_t> labels, const Rows& gradient,
                             double smoothing = 0, std::span<const float> weights = {});

/// Of the labels as they are (ε = 0), without a gradient.
double softmax_cross_entropy(const Rows& logits, std::span<const std::int32_t> labels,
                             std::span<const float> weights = {});

/// Squared error. Returns the sum over rows of the mean over columns of (y − t)²; `gradient` receives the derivative
/// of the mean over rows. `targets` [count × width], row after row.
double squared_error(const Rows& outputs, std::span<const float> targets, const Rows& gradient,
                     std::span<const float> weights = {});
double squared_error(const Rows& outputs, std::span<const float> targets, std::span<const float> weights = {});

/// Variances of gaussian_nll() are at least so large, so that a row learnt by heart does not drive the loss to −∞.
inline constexpr float least_variance = 1e-6F;

/// The variance that an output stands for: ln(1 + exp(s)) + least_variance.
[[nodiscard]] float variance_of(float output);

/// Negative log-likelihood of normal distributions (Nix & Weigend 1994; Lakshminarayanan et al. 2017): outputs come in
/// pairs, a mean m and what variance_of() makes a variance v of. Returns the sum over rows of the mean over pairs of
/// ½ ln 2πv + (y − m)² / 2v; `gradient` receives the derivative of the mean over rows. `targets` [count × width / 2],
/// row after row.
double gaussian_nll(const Rows& outputs, std::span<const float> targets, const Rows& gradient,
                    std::span<const float> weights = {});
double gaussian_nll(const Rows& outputs, std::span<const float> targets, std::span<const float> weights = {});

}  // namespace ensemble::compute
