#pragma once

#include <cstdint>
#include <vector>

#include "analysis/block.hpp"

namespace ensemble::analysis {

/// The weights of the mixture of the members' distributions under which the rows' truths are most probable: they
/// maximise Σ ln Σ w p(truth), which is concave (Geweke and Amisano 2011, "Optimal prediction pools"), by expectation
/// and maximisation, w ← mean over rows of w p / Σ w p, with steps made longer where their way is clear. Of several
/// numbers each counts as a row. A pure function of the block: a Combination::fit.
[[nodiscard]] std::vector<double> optimal_pool(const Block& held_out, std::uint64_t seed);

}  // namespace ensemble::analysis
