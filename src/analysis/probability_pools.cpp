#include "analysis/probability_pools.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "analysis/probabilities.hpp"
#include "core/contract.hpp"
#include "task/metric.hpp"

namespace ensemble::analysis {
namespace {

/// Probabilities are summed in units of 2^-40, far below float's resolution: sums of integers have no order. Those of
/// 2^22 members stay below the largest int64.
constexpr double unit = 0x1p-40;

/// A probability in units, rounded to the nearest. Exact: p · 2^40 fits a double, and adding ½ either is exact too or
/// rounds a value below 2^-29 to ½, which the cast takes to 0 as it should.
std::int64_t in_units(float probability) {
    return static_cast<std::int64_t>(static_cast<double>(probability) / unit + 0.5);
}

void require_probabilities(const Block& block) {
    core::require(block.members > 0 && are_probabilities(block.predictions),
                  "a member of the ensemble gives probabilities, never NaN");
}

std::vector<std::int64_t> probability_sums(const Block& block) {
    require_probabilities(block);
    std::vector<std::int64_t> sums(block.rows * block.width());
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> p = block.of(member);
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += in_units(p[i]);
    }
    return sums;
}

/// Member after member, in the order of their index.
std::vector<float> weighted_sums(const Block& block, std::span<const double> weights) {
    require_probabilities(block);
    std::vector<double> sums(block.rows * block.width());
    for (std::size_t member = 0; member < block.members; ++member) {
        if (weights[member] == 0) continue;
        const std::span<const float> p = block.of(member);
        for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weights[member] * double{p[i]};
    }
    std::vector<float> rounded(sums.size());
    std::ranges::transform(sums, rounded.begin(), [](double sum) { return static_cast<float>(sum); });
    return rounded;
}

std::vector<float> exact_means(const Block& block) {
    const std::vector<std::int64_t> sums = probability_sums(block);
    const auto members = static_cast<double>(block.members);
    std::vector<float> means(sums.size());
    std::ranges::transform(sums, means.begin(), [members](std::int64_t sum) {
        return static_cast<float>(static_cast<double>(sum) * unit / members);
    });
    return means;
}

/// How many members choose each class: [rows × classes].
std::vector<std::int32_t> votes(const Block& block) {
    const std::size_t classes = block.width();
    std::vector<std::int32_t> counts(block.rows * classes);
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::vector<std::int32_t> chosen = task::most_probable(block.of(member), classes);
        for (std::size_t row = 0; row < block.rows; ++row)
            ++counts[row * classes + static_cast<std::size_t>(chosen[row])];
    }
    return counts;
}

}  // namespace

Combined average(const Block& block, std::span<const double> weights) {
    core::require(weights.empty() || weights.size() == block.members, "every member has a weight");
    Combined combined{.predictions = weights.empty() ? exact_means(block) : weighted_sums(block, weights),
                      .chosen = {}};
    combined.chosen = task::most_probable(combined.predictions, block.width());
    return combined;
}

Combined vote(const Block& block, std::span<const double> weights) {
    core::require(weights.empty(), "votes count the same");
    const std::vector<std::int64_t> sums = probability_sums(block);
    std::vector<std::int32_t> counts = votes(block);
    const std::size_t classes = block.width();
    const auto members = static_cast<double>(block.members);
    Combined combined;
    combined.predictions.resize(counts.size());
    std::ranges::transform(counts, combined.predictions.begin(), [members](std::int32_t count) {
        return static_cast<float>(static_cast<double>(count) / members);
    });
    for (std::size_t row = 0; row < block.rows; ++row) {
        const std::size_t first = row * classes;
        std::size_t best = first;
        for (std::size_t i = first + 1; i < first + classes; ++i) {
            if (counts[i] > counts[best] || (counts[i] == counts[best] && sums[i] > sums[best])) best = i;
        }
        combined.chosen.push_back(static_cast<std::int32_t>(best - first));
    }
    combined.votes = std::move(counts);
    return combined;
}

Combined geometric_mean(const Block& block, std::span<const double> weights) {
    core::require(weights.empty(), "members of a geometric mean count the same");
    require_probabilities(block);
    std::vector<double> logarithms(block.rows * block.width());
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> p = block.of(member);
        for (std::size_t i = 0; i < logarithms.size(); ++i)
            logarithms[i] += std::log(std::max(double{p[i]}, task::least_probability));
    }
    Combined combined;
    combined.predictions.resize(logarithms.size());
    for (std::size_t row = 0; row < block.rows; ++row) {
        const auto own = std::span(logarithms).subspan(row * block.width(), block.width());
        const double largest = *std::ranges::max_element(own);
        double sum = 0;
        for (double& each : own) sum += each = std::exp((each - largest) / static_cast<double>(block.members));
        for (std::size_t c = 0; c < own.size(); ++c)
            combined.predictions[row * block.width() + c] = static_cast<float>(own[c] / sum);
    }
    combined.chosen = task::most_probable(combined.predictions, block.width());
    return combined;
}

}  // namespace ensemble::analysis
