#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analysis/gain.hpp"

namespace ensemble::analysis {

/// For every replicate the sum of values.size() draws with replacement from `values`.
///
/// A sum depends only on how often each distinct value is drawn, and these counts are multinomial. So a replicate
/// draws one binomial count per distinct value instead of one index per item, and every binomial exactly, from fair
/// coins (see binomial() in the source): the distribution is that of resampling item by item, not an approximation.
/// Costs about values.size() / 16 random words per replicate plus a few for every further distinct value.
/// Depends on the multiset of values only, not on their order. REQUIRES: at least one value and one replicate.
[[nodiscard]] std::vector<std::int64_t> resampled_sums(std::span<const std::int64_t> values,
                                                       const BootstrapRequest& request);

}  // namespace ensemble::analysis
