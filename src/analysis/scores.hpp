#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ensemble::analysis {

/// How good class probabilities are; every one a mean over items.
struct Scores {
    double accuracy = 0;  ///< share of items whose largest probability is the label's (first of equals)
    double nll = 0;       ///< −mean ln p(label), p floored at 2^-40 so that one certain error stays finite
    double brier = 0;     ///< mean over items of the sum over classes of (p − 1[label])²
    double ece = 0;       ///< expected calibration error, 15 equal-width bins of the largest probability
};

/// The class of each item's largest probability, first of equals; `probabilities` [items × classes].
[[nodiscard]] std::vector<std::int32_t> most_probable(std::span<const float> probabilities, std::size_t classes);

/// 1 where `predicted` is the label, else 0; both [items].
[[nodiscard]] std::vector<std::int64_t> hits(std::span<const std::int32_t> predicted,
                                             std::span<const std::int32_t> labels);

/// `probabilities` [items × classes], row after row. REQUIRES: at least one item; every label below `classes`.
[[nodiscard]] Scores score(std::span<const float> probabilities, std::span<const std::int32_t> labels,
                           std::size_t classes);

}  // namespace ensemble::analysis
