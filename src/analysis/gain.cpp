#include "analysis/gain.hpp"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/binomial.hpp>

#include "analysis/paired_tests.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

constexpr double normal_quantile = 1.959963984540054;  // of the standard normal distribution, 0.975

bool all_within(std::span<const std::int64_t> counts, std::int64_t most) {
    return std::ranges::all_of(counts, [most](std::int64_t count) { return count >= 0 && count <= most; });
}

void require_hits(std::span<const std::int64_t> ensemble_hits, std::span<const std::int64_t> member_hits,
                  std::int64_t members) {
    core::require(ensemble_hits.size() == member_hits.size() && !ensemble_hits.empty(),
                  "ensemble and members answer the same items");
    core::require(members > 0, "a gain over the mean member needs members");
    core::require(all_within(ensemble_hits, 1) && all_within(member_hits, members), "hits are counts of right answers");
}

/// Of rows' gains, which are counted exactly in units of 1 / members.
struct GainCounts {
    std::int64_t rows = 0;
    std::int64_t sum = 0;
    std::int64_t squares = 0;
    std::int64_t contested = 0;  ///< rows whose gain is not 0

    GainCounts(std::span<const std::int64_t> ensemble_hits, std::span<const std::int64_t> member_hits,
               std::int64_t members)
        : rows(static_cast<std::int64_t>(ensemble_hits.size())) {
        for (std::size_t row = 0; row < ensemble_hits.size(); ++row) {
            const std::int64_t gain = members * ensemble_hits[row] - member_hits[row];
            sum += gain;
            squares += gain * gain;
            contested += gain == 0 ? 0 : 1;
        }
    }
};

/// Of b + c discordant items a share in Clopper and Pearson's interval is the ensemble's.
Interval exact_interval(std::int64_t b, std::int64_t c, std::int64_t items) {
    if (b + c == 0) return {};
    using Binomial = boost::math::binomial_distribution<double>;
    const auto n = static_cast<double>(b + c);
    const auto k = static_cast<double>(b);
    const double low = Binomial::find_lower_bound_on_p(n, k, interval_tail);
    const double high = Binomial::find_upper_bound_on_p(n, k, interval_tail);
    const double per_share = n / static_cast<double>(items);
    return {.low = (2 * low - 1) * per_share, .high = (2 * high - 1) * per_share};
}

/// Whether the two lie on the same side of 0.
bool same_side(double one, double other) {
    return (one > 0) == (other > 0) && (one < 0) == (other < 0);
}

/// Tango's statistic of the hypothesis that the shares differ by `difference`; falls as that rises.
double score(double b, double c, double n, double difference) {
    // The likeliest share of the pairs that only the second has right, if the hypothesis holds: 2n·q² + B·q + C = 0.
    const double linear = -b - c + (2 * n - b + c) * difference;
    const double constant = -c * difference * (1 - difference);
    const double share = (std::sqrt(std::max(linear * linear - 8 * n * constant, 0.0)) - linear) / (4 * n);
    const double variance = n * (2 * share + difference * (1 - difference));
    const double excess = b - c - n * difference;
    if (excess == 0) return 0;
    return excess / std::sqrt(std::max(variance, 0.0));
}

/// The difference between `low` and `high` at which the statistic passes `value`.
double score_passes(double b, double c, double n, double value, double low, double high) {
    constexpr int halvings = 60;  // to the last bit
    for (int i = 0; i < halvings; ++i) {
        const double middle = low + (high - low) / 2;
        (score(b, c, n, middle) > value ? low : high) = middle;
    }
    return low + (high - low) / 2;
}

}  // namespace

Gain gain_over_mean(std::span<const std::int64_t> ensemble_hits, std::span<const std::int64_t> member_hits,
                    std::int64_t members) {
    require_hits(ensemble_hits, member_hits, members);
    const GainCounts counts(ensemble_hits, member_hits, members);
    const auto scale = static_cast<double>(members);
    const auto rows = static_cast<double>(counts.rows);
    Gain gain{.value = static_cast<double>(counts.sum) / scale / rows};
    if (members == 1 && counts.contested == 0) return gain;
    constexpr double half_squared = 0.25;
    const double squares = static_cast<double>(counts.squares) / (scale * scale);
    const double usual_square = (squares + half_squared) / static_cast<double>(counts.contested + 1);
    const double more = rows + 2;
    const double centre = gain.value * rows / more;
    const double variance = (squares + 2 * usual_square) / more - centre * centre;
    const double half = normal_quantile * std::sqrt(std::max(variance, 0.0) / more);
    gain.ci95 = {.low = std::max(centre - half, -1.0), .high = std::min(centre + half, 1.0)};
    return gain;
}

PairedGain gain_over_member(std::span<const std::int64_t> ensemble_hits, std::span<const std::int64_t> member_hits) {
    require_hits(ensemble_hits, member_hits, 1);
    PairedGain paired;
    for (std::size_t item = 0; item < ensemble_hits.size(); ++item) {
        if (ensemble_hits[item] > member_hits[item]) ++paired.only_ensemble;
        if (ensemble_hits[item] < member_hits[item]) ++paired.only_member;
    }
    const auto rows = static_cast<std::int64_t>(ensemble_hits.size());
    const std::int64_t b = paired.only_ensemble;
    const std::int64_t c = paired.only_member;
    paired.p_value = mcnemar_exact(b, c);
    paired.gain.value = static_cast<double>(b - c) / static_cast<double>(rows);
    Interval& ci95 = paired.gain.ci95;
    ci95 = paired_score_interval(b, c, rows);
    const Interval exact = exact_interval(b, c, rows);
    if (b > c && !same_side(ci95.low, exact.low)) ci95.low = exact.low;
    if (b < c && !same_side(ci95.high, exact.high)) ci95.high = exact.high;
    return paired;
}

Interval paired_score_interval(std::int64_t b, std::int64_t c, std::int64_t n) {
    core::require(b >= 0 && c >= 0 && n > 0 && b + c <= n, "discordant pairs are counted among all");
    const auto first = static_cast<double>(b);
    const auto second = static_cast<double>(c);
    const auto pairs = static_cast<double>(n);
    const double value = (first - second) / pairs;
    return {.low = score_passes(first, second, pairs, normal_quantile, -1, value),
            .high = score_passes(first, second, pairs, -normal_quantile, value, 1)};
}

}  // namespace ensemble::analysis
