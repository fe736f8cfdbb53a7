#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ensemble::data {

/// Value at `share` of the way through `sorted`, between two neighbours by how near it is to each: as NumPy's quantile.
/// REQUIRES: sorted is not empty.
[[nodiscard]] double quantile(std::span<const double> sorted, double share);

/// Edges of at most `bins` bins, from the least to the largest value, ascending: the values themselves where they are
/// few, else quantiles, so that bins hold as many values each; one that would fill several bins by itself fills one,
/// and the others are for the rest. Empty where there would be fewer than two bins. REQUIRES: bins > 1.
[[nodiscard]] std::vector<double> quantile_bins(std::span<const double> sorted, std::size_t bins);

/// Values in ascending order, and what is to be predicted of each: [values × width].
struct Explained {
    std::span<const double> sorted;
    std::span<const float> targets;
    std::size_t width = 1;
};

/// Edges of at most `bins` bins that leave the least squares of the targets' distance from their mean in the bin, as
/// far as a tree finds them that splits the best leaf first (Breiman et al.: "Classification and regression trees",
/// 1984); no bin has fewer than `least` values. From the least to the largest value; empty where there would be fewer
/// than two.
[[nodiscard]] std::vector<double> target_bins(const Explained& column, std::size_t bins, std::size_t least);

}  // namespace ensemble::data
