#pragma once

#include <span>

#include "analysis/combination.hpp"

namespace ensemble::analysis {

/// Ways to pool the members' probabilities of classes, each with the contract of Combination::apply. Without weights
/// sums are exact, so that they do not depend on the order of the members.

/// Soft voting, the linear pool: Σ w p.
[[nodiscard]] Combined average(const Block& block, std::span<const double> weights);

/// Hard voting: the share of the votes; the class with most of them, ties to the larger summed probability, then to the
/// lower class. REQUIRES: no weights.
[[nodiscard]] Combined vote(const Block& block, std::span<const double> weights);

/// The logarithmic pool: ∏ p^(1/M), divided by its sum over the classes. A probability of 0 counts as 2^-40.
/// REQUIRES: no weights.
[[nodiscard]] Combined geometric_mean(const Block& block, std::span<const double> weights);

}  // namespace ensemble::analysis
