#pragma once

#include <span>

#include "analysis/combination.hpp"

namespace ensemble::analysis {

/// Ways to pool the members' means and variances of numbers, each with the contract of Combination::apply.

/// The moments of the mixture of the members' distributions: Σ w μ, and Σ w σ² + Σ w (μ − Σ w μ)².
[[nodiscard]] Combined mixture(const Block& block, std::span<const double> weights);

/// The median of the means; the mean of the variances and of the means' squared distances from it. REQUIRES: no
/// weights.
[[nodiscard]] Combined median(const Block& block, std::span<const double> weights);

/// Of each number the moments of the mixture without the ⌊M/5⌋ members with the lowest means and as many with the
/// highest; of equal means the lower index counts as lower. REQUIRES: no weights.
[[nodiscard]] Combined trimmed_mixture(const Block& block, std::span<const double> weights);

}  // namespace ensemble::analysis
