#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ensemble::analysis {

struct Interval {
    double low = 0;
    double high = 0;
};

/// What the ensemble gains in a metric, with its evidence: positive where it is better.
struct Gain {
    double value = 0;  ///< of accuracy, as a share (0.01 is one point)
    /// Percentile bootstrap over test rows, ensemble and reference resampled together.
    Interval ci95;
};

/// A Gain over one member, with a test of the paired rows: of accuracy McNemar's exact test of the discordant rows, of
/// losses that are means over rows Student's t test of their differences. The interval of accuracy holds 0 exactly if
/// the test's p-value is at least 0.05: each end is that of the bootstrap or, where it lies further out or on the other
/// side of 0, the end that belongs to the test (Clopper and Pearson's for the ensemble's share of the discordant rows).
struct PairedGain {
    Gain gain;
    double p_value = 1;              ///< two-sided
    std::int64_t only_ensemble = 0;  ///< accuracy: rows the ensemble has right and the member wrong
    std::int64_t only_member = 0;
};

struct BootstrapRequest {
    std::size_t replicates = 10'000;
    std::uint64_t seed = 1;  ///< stream (seed, significance)
};

/// Gain over the mean member in accuracy. `ensemble_hits` [rows] is 0 or 1, `member_hits` [rows] counts the members
/// that are right.
[[nodiscard]] Gain gain_over_mean(std::span<const std::int64_t> ensemble_hits,
                                  std::span<const std::int64_t> member_hits, std::int64_t members,
                                  const BootstrapRequest& request);

/// Gain over one member in accuracy; both arguments [rows], 0 or 1.
[[nodiscard]] PairedGain gain_over_member(std::span<const std::int64_t> ensemble_hits,
                                          std::span<const std::int64_t> member_hits, const BootstrapRequest& request);

/// Two-sided exact McNemar p-value: twice the smaller binomial(b + c, ½) tail, at most 1; 1 when b + c = 0.
[[nodiscard]] double mcnemar_exact(std::int64_t b, std::int64_t c);

/// Two-sided p-value of Student's t test that the mean of `differences` is 0; 1 where they are all 0 or there is only
/// one of them, NaN where they are not all finite.
[[nodiscard]] double paired_t_test(std::span<const double> differences);

}  // namespace ensemble::analysis
