#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ensemble::analysis {

struct Interval {
    double low = 0;
    double high = 0;
};

/// What the ensemble gains in accuracy, with its evidence.
struct Gain {
    double accuracy = 0;  ///< ensemble minus reference, as a share (0.01 is one point)
    /// Percentile bootstrap over test items, ensemble and reference resampled together.
    Interval ci95;
};

/// A Gain over one member, with the exact test of paired answers. The interval holds 0 exactly if the test's p-value is
/// at least 0.05: each end is that of the bootstrap or, where it lies further out or on the other side of 0, the end
/// that belongs to the test (Clopper and Pearson's for the ensemble's share of the discordant items).
struct PairedGain {
    Gain gain;
    double p_value = 1;              ///< exact two-sided McNemar test on the discordant items
    std::int64_t only_ensemble = 0;  ///< items the ensemble has right and the member wrong
    std::int64_t only_member = 0;
};

struct BootstrapRequest {
    std::size_t replicates = 10'000;
    std::uint64_t seed = 1;  ///< stream (seed, significance)
};

/// Gain over the mean member. `ensemble_hits` [items] is 0 or 1, `member_hits` [items] counts the members that are
/// right.
[[nodiscard]] Gain gain_over_mean(std::span<const std::int64_t> ensemble_hits,
                                  std::span<const std::int64_t> member_hits, std::int64_t members,
                                  const BootstrapRequest& request);

/// Gain over one member; both arguments [items], 0 or 1.
[[nodiscard]] PairedGain gain_over_member(std::span<const std::int64_t> ensemble_hits,
                                          std::span<const std::int64_t> member_hits, const BootstrapRequest& request);

/// Two-sided exact McNemar p-value: twice the smaller binomial(b + c, ½) tail, at most 1; 1 when b + c = 0.
[[nodiscard]] double mcnemar_exact(std::int64_t b, std::int64_t c);

}  // namespace ensemble::analysis
