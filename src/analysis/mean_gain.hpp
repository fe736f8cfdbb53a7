#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/bootstrap.hpp"
#include "analysis/gain.hpp"
#include "task/metric.hpp"

namespace ensemble::analysis {

/// Gains in metrics that are functions of means over rows, all resampled together. To first order such a gain is a
/// mean over rows of what each contributes, its influence (for the root of a mean m: x / (2 √m)), and its interval is
/// the bootstrap-t of these. That holds where losses have a long tail and rows are few, and percentiles do not.
///
/// Two limits. An end is at most three times as far from the value as Student's t has it, and that far where fewer than
/// ten rows leave nothing to resample. Over a single member it is at least as far as Student's t has it for the rows
/// and two more, which deviate either way by the largest deviation / √2: of two predictors' losses the rare large
/// differences, in favour of either, are those that a small test has not seen.
class MeanGains {
public:
    static constexpr std::size_t replicates = 10'000;

    MeanGains(std::size_t rows, std::uint64_t seed) : rows_(rows), seed_(seed) {}

    /// Asks for the gain of `ensemble` over `reference`, whose values are sums over so many members: a list of rows for
    /// each question, over which the metric's values are averaged. The lists must outlive the gains.
    void add(const task::Metric& metric, std::vector<std::span<const double>> ensemble,
             std::vector<std::span<const double>> reference, std::size_t members);

    /// Asks for a gain in a metric that is no mean: its value, and what each row's part in it is (of mean 0, see
    /// task::Metric::influences), both of the metric as it stands, whichever side is better.
    void add_whole(const task::Metric& metric, double difference, std::vector<double> influences, bool over_one_member);

    /// What is resampled: a column for each gain.
    [[nodiscard]] ResampledColumns columns() const;

    /// The gains in the order in which they were asked for, from all replicates [count × gains] of columns(), wherever
    /// they were computed. REQUIRES: at least 40 replicates.
    [[nodiscard]] std::vector<PairedGain> from(std::span<const double> replicated) const;

    /// The same with the replicates computed here.
    [[nodiscard]] std::vector<PairedGain> all() const;

private:
    struct Asked {
        const task::Metric* metric;
        std::vector<std::span<const double>> ensemble;
        std::vector<std::span<const double>> reference;
        double members;
        double difference = 0;           ///< of a metric that is no mean: what is to be told,
        std::vector<double> whole = {};  ///< and each row's part in it
        [[nodiscard]] bool is_whole() const noexcept { return !whole.empty(); }
    };
    [[nodiscard]] std::vector<double> influences(const Asked& asked) const;
    [[nodiscard]] double value(const Asked& asked) const;
    [[nodiscard]] double p_value(const Asked& asked) const;

    std::size_t rows_;
    std::uint64_t seed_;
    std::vector<Asked> asked_;
};

/// A difference of numbers of that size; 0 where it is no more than the rounding of sums over members and of slopes, as
/// of members that are all equal.
[[nodiscard]] double unless_rounding(double difference, double size);

/// The derivative of the metric after its mean there, by differences, to about ten digits; 0 where the mean is 0.
[[nodiscard]] double slope_at(const task::Metric& metric, double mean);

}  // namespace ensemble::analysis
