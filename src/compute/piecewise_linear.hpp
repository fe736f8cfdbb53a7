#pragma once

#include <span>

namespace ensemble::compute {

/// The piecewise-linear encoding of `value`: component i is (value − edge i) / (edge i+1 − edge i), clamped to [0, 1];
/// the first goes below 0 and the last above 1, by one bin's width at most, so that a value far from all others does
/// not drown the rest. Gorishniy et al.: "On embeddings for numerical features in tabular deep learning", NeurIPS 2022.
/// Writes edges.size() − 1 components. REQUIRES: at least two edges in ascending order; value is not NaN. Real is
/// float or double.
template <class Real>
void piecewise_linear(double value, std::span<const double> edges, Real* out);

}  // namespace ensemble::compute
