#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/gain.hpp"
#include "task/metric.hpp"

namespace ensemble::analysis {

/// Gains in metrics that are functions of means over rows, all resampled together: each replicate draws rows with
/// replacement, and every gain is what the metric of these rows says. Beyond 5,000 rows these are drawn in groups, put
/// together at random and equally large but for one row, which leaves the distribution of means as good as it is and
/// takes no longer.
class MeanGains {
public:
    static constexpr std::size_t replicates = 2000;
    static constexpr std::size_t most_groups = 5000;

    /// Random numbers come from the stream (seed, significance).
    MeanGains(std::size_t rows, std::uint64_t seed) : rows_(rows), seed_(seed) {}

    /// Asks for the gain of `ensemble` over `reference`, whose values are sums over so many members: a list of rows for
    /// each question, over which the metric's values are averaged. The lists must outlive the call of all().
    void add(const task::Metric& metric, std::vector<std::span<const double>> ensemble,
             std::vector<std::span<const double>> reference, std::size_t members);

    /// The gains in the order in which they were asked for.
    [[nodiscard]] std::vector<PairedGain> all() const;

private:
    struct Asked {
        const task::Metric* metric;
        std::vector<std::span<const double>> ensemble;
        std::vector<std::span<const double>> reference;
        double members;
    };
    [[nodiscard]] std::vector<double> grouped_columns(std::size_t groups, std::size_t columns) const;
    [[nodiscard]] std::vector<std::size_t> group_sizes(std::size_t groups) const;
    [[nodiscard]] double p_value(const Asked& asked) const;

    std::size_t rows_;
    std::uint64_t seed_;
    std::vector<Asked> asked_;
};

}  // namespace ensemble::analysis
