#include "analysis/gain.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>

#include "analysis/bootstrap.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

constexpr double tail = 0.025;  // on either side of a 95 % interval

/// The quantile of sorted values, linear between the two nearest.
double quantile(std::span<const std::int64_t> sorted, double share) {
    const double position = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const double fraction = position - static_cast<double>(below);
    return std::lerp(static_cast<double>(sorted[below]), static_cast<double>(sorted[above]), fraction);
}

/// Mean and interval of items' `differences`, which are counted in units of 1 / `scale`.
Gain gain_of(std::span<const std::int64_t> differences, std::int64_t scale, const BootstrapRequest& request) {
    const double total = static_cast<double>(differences.size()) * static_cast<double>(scale);
    const auto sum = std::accumulate(differences.begin(), differences.end(), std::int64_t{0});
    std::vector<std::int64_t> sums = resampled_sums(differences, request);
    std::ranges::sort(sums);
    return {.value = static_cast<double>(sum) / total,
            .ci95 = {.low = quantile(sums, tail) / total, .high = quantile(sums, 1.0 - tail) / total}};
}

bool all_within(std::span<const std::int64_t> counts, std::int64_t most) {
    return std::ranges::all_of(counts, [most](std::int64_t count) { return count >= 0 && count <= most; });
}

/// ln C(n, k).
double log_choose(double n, double k) {
    return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

/// The interval of the gain that excludes 0 exactly where mcnemar_exact() is below 0.05: of b + c discordant items a
/// share in Clopper and Pearson's interval is the ensemble's.
Interval exact_interval(std::int64_t b, std::int64_t c, std::size_t items) {
    if (b + c == 0) return {};
    using Binomial = boost::math::binomial_distribution<double>;
    const auto n = static_cast<double>(b + c);
    const auto k = static_cast<double>(b);
    const double low = Binomial::find_lower_bound_on_p(n, k, tail);
    const double high = Binomial::find_upper_bound_on_p(n, k, tail);
    const double per_share = n / static_cast<double>(items);
    return {.low = (2 * low - 1) * per_share, .high = (2 * high - 1) * per_share};
}

/// Of two ends on the same side of 0 the one further out; else the test's.
double outer(double bootstrap, double exact, bool is_low) {
    if ((bootstrap > 0) != (exact > 0) || (bootstrap < 0) != (exact < 0)) return exact;
    return is_low ? std::min(bootstrap, exact) : std::max(bootstrap, exact);
}

}  // namespace

Gain gain_over_mean(std::span<const std::int64_t> ensemble_hits, std::span<const std::int64_t> member_hits,
                    std::int64_t members, const BootstrapRequest& request) {
    core::require(ensemble_hits.size() == member_hits.size(), "ensemble and members answer the same items");
    core::require(members > 0, "a gain over the mean member needs members");
    core::require(all_within(ensemble_hits, 1) && all_within(member_hits, members), "hits are counts of right answers");
    // One item's gain is hit − hits / members; times `members` it is an integer with at most 2 · members + 1 values.
    std::vector<std::int64_t> differences(ensemble_hits.size());
    std::ranges::transform(
        ensemble_hits, member_hits, differences.begin(),
        [members](std::int64_t ensemble_hit, std::int64_t hits) { return members * ensemble_hit - hits; });
    return gain_of(differences, members, request);
}

PairedGain gain_over_member(std::span<const std::int64_t> ensemble_hits, std::span<const std::int64_t> member_hits,
                            const BootstrapRequest& request) {
    PairedGain paired{.gain = gain_over_mean(ensemble_hits, member_hits, 1, request)};
    for (std::size_t item = 0; item < ensemble_hits.size(); ++item) {
        if (ensemble_hits[item] > member_hits[item]) ++paired.only_ensemble;
        if (ensemble_hits[item] < member_hits[item]) ++paired.only_member;
    }
    paired.p_value = mcnemar_exact(paired.only_ensemble, paired.only_member);
    const Interval exact = exact_interval(paired.only_ensemble, paired.only_member, ensemble_hits.size());
    Interval& ci95 = paired.gain.ci95;
    ci95 = {.low = outer(ci95.low, exact.low, true), .high = outer(ci95.high, exact.high, false)};
    return paired;
}

double mcnemar_exact(std::int64_t b, std::int64_t c) {
    core::require(b >= 0 && c >= 0, "discordant items are counted");
    if (std::abs(b - c) <= 1) return 1.0;  // the two tails cover all; in rounded numbers a little less
    const auto n = static_cast<double>(b + c);
    const auto k = static_cast<double>(std::min(b, c));
    // Tail = Σ_{i ≤ k} C(n, i) / 2^n. In logarithms its largest term cannot underflow before the p-value itself does;
    // the others follow from it by ratios i / (n − i + 1) ≤ 1, until they no longer count.
    double ratio = 1;
    double relative_tail = 1;
    for (double i = k; i > 0 && ratio > relative_tail * 0x1p-60; --i) {
        ratio *= i / (n - i + 1);
        relative_tail += ratio;
    }
    const double largest = std::exp(log_choose(n, k) - n * std::numbers::ln2);
    return std::min(1.0, 2.0 * largest * relative_tail);
}

double paired_t_test(std::span<const double> differences) {
    if (differences.size() < 2) return 1.0;
    const auto n = static_cast<double>(differences.size());
    const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
    double squares = 0;
    for (const double difference : differences) squares += (difference - mean) * (difference - mean);
    const double error = std::sqrt(squares / (n - 1) / n);
    if (std::isnan(error)) return error;
    if (!(error > 0)) return mean == 0 ? 1.0 : 0.0;
    const boost::math::students_t_distribution<double> t(n - 1);
    return 2 * boost::math::cdf(boost::math::complement(t, std::abs(mean / error)));
}

}  // namespace ensemble::analysis
