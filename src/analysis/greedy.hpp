#pragma once

#include <cstdint>
#include <vector>

#include "analysis/block.hpp"

namespace ensemble::analysis {

/// Ensemble selection with replacement (Caruana, Niculescu-Mizil, Crew, Ksikes 2004, "Ensemble selection from libraries
/// of models"): starts with as many of the best members as are best together, then adds, again and again, the member
/// with which the log loss of the rows is lowest, and takes the best of these ensembles. Twenty times from a random
/// half of the members, or from all where there are no more than four; a weight is how often a member was chosen. Log
/// loss is what the combined prediction has: −ln of the mean probability of the label, or of a normal distribution with
/// the moments of the mixture. A Combination::fit.
[[nodiscard]] std::vector<double> select_greedily(const Block& held_out, std::uint64_t seed);

}  // namespace ensemble::analysis
