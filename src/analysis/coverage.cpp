#include "analysis/coverage.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/binomial.hpp>

#include "core/contract.hpp"

namespace ensemble::analysis {

Coverage coverage_of(std::size_t covered, std::size_t rows) {
    core::require(covered <= rows, "no more rows are covered than there are");
    Coverage coverage{.covered = covered, .rows = rows};
    using Binomial = boost::math::binomial_distribution<double>;
    const auto n = static_cast<double>(rows);
    const auto k = static_cast<double>(covered);
    coverage.ci95 = {.low = Binomial::find_lower_bound_on_p(n, k, 0.025),
                     .high = Binomial::find_upper_bound_on_p(n, k, 0.025)};
    return coverage;
}

Coverage coverage_of(std::span<const std::uint8_t> covered) {
    core::require(std::ranges::all_of(covered, [](std::uint8_t each) { return each <= 1; }), "a row is covered or not");
    return coverage_of(std::accumulate(covered.begin(), covered.end(), std::size_t{0}), covered.size());
}

std::vector<Coverage> coverage_by_group(std::span<const std::uint8_t> covered, std::span<const std::uint32_t> group,
                                        std::size_t groups) {
    core::require(covered.size() == group.size(), "every row has a group");
    core::require(std::ranges::all_of(group, [groups](std::uint32_t each) { return each < groups; }),
                  "groups are numbered from 0");
    std::vector<std::size_t> rows(groups);
    std::vector<std::size_t> hits(groups);
    for (std::size_t row = 0; row < group.size(); ++row) {
        ++rows[group[row]];
        hits[group[row]] += covered[row];
    }
    std::vector<Coverage> all;
    for (std::size_t i = 0; i < groups; ++i) all.push_back(coverage_of(hits[i], rows[i]));
    return all;
}

std::vector<std::uint8_t> covered_rows(std::span<const Interval> intervals, const task::Answers& answers) {
    core::require(intervals.size() == answers.rows, "every row has an interval");
    std::vector<std::uint8_t> covered;
    bool valid = true;
    for (std::size_t row = 0; row < answers.rows; ++row) {
        const double y = answers.number(row);
        valid &= !std::isnan(y) && !std::isnan(intervals[row].low) && !std::isnan(intervals[row].high);
        covered.push_back(intervals[row].low <= y && y <= intervals[row].high ? 1 : 0);
    }
    core::require(valid, "intervals have ends and rows have numbers");
    return covered;
}

double mean_width(std::span<const Interval> intervals) {
    core::require(!intervals.empty(), "a mean width is of intervals");
    double sum = 0;
    for (const Interval& interval : intervals) sum += interval.high - interval.low;
    return sum / static_cast<double>(intervals.size());
}

}  // namespace ensemble::analysis
