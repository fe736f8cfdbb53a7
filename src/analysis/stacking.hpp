#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/block.hpp"

namespace ensemble::analysis {

/// Stacked regression (Breiman 1996): the weights, none negative, whose sum of the members' predictions comes closest
/// to the truth in squares, with a ridge λ Σ w² that five-fold cross-validation over the rows chooses; then divided by
/// their sum. Classes count as 0 or 1 for each; numbers in units of their standard deviation about their mean over the
/// rows. Equal weights where no weight is positive. A pure function of the block: a Combination::fit.
[[nodiscard]] std::vector<double> stack(const Block& held_out, std::uint64_t seed);

/// The w ≥ 0 that minimises wᵀ A w − 2 bᵀ w, by the active set method of Lawson and Hanson (1974, chapter 23) on the
/// normal equations. `a` is positive definite, [n × n] in any order since it is symmetric; `b` [n].
[[nodiscard]] std::vector<double> non_negative_least_squares(std::span<const double> a, std::span<const double> b);

}  // namespace ensemble::analysis
