#include "analysis/combination.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

/// Room for the rounding of a softmax; also keeps sums over 2^22 members below the largest int64.
constexpr float largest_probability = 1.0F + 0x1p-10F;

/// Probabilities are summed in units of 2^-40, far below float's resolution: sums of integers have no order.
constexpr double unit = 0x1p-40;

/// A probability in units, rounded to the nearest. Exact: p · 2^40 fits a double, and adding ½ either is exact too or
/// rounds a value below 2^-29 to ½, which the cast takes to 0 as it should.
std::int64_t in_units(float probability) {
    return static_cast<std::int64_t>(static_cast<double>(probability) / unit + 0.5);
}

std::vector<std::int64_t> probability_sums(const Block& block) {
    std::vector<std::int64_t> sums(block.rows * block.width());
    bool valid = block.members > 0;
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> p = block.of(member);
        for (std::size_t i = 0; i < sums.size(); ++i) {
            valid &= p[i] >= 0.0F && p[i] <= largest_probability;
            sums[i] += in_units(p[i]);
        }
    }
    core::require(valid, "a member of the ensemble gives probabilities, never NaN");
    return sums;
}

/// Soft voting: mean probabilities.
Combined average(const Block& block) {
    const std::vector<std::int64_t> sums = probability_sums(block);
    const auto members = static_cast<double>(block.members);
    Combined combined;
    combined.predictions.resize(sums.size());
    std::ranges::transform(sums, combined.predictions.begin(), [members](std::int64_t sum) {
        return static_cast<float>(static_cast<double>(sum) * unit / members);
    });
    combined.chosen = task::most_probable(combined.predictions, block.width());
    return combined;
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

/// Hard voting: the share of the votes; the class with most of them, ties to the larger summed probability, then to the
/// lower class.
Combined vote(const Block& block) {
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

/// The moments of the mixture of the members' distributions: the mean of the means; the mean of the variances and the
/// variance of the means.
Combined mixture(const Block& block) {
    core::require(block.members > 0, "a mixture needs at least one member");
    const auto members = static_cast<double>(block.members);
    const std::size_t pairs = block.rows * block.width() / 2;
    std::vector<double> means(pairs);
    std::vector<double> variances(pairs);
    bool valid = true;
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> p = block.of(member);
        for (std::size_t i = 0; i < pairs; ++i) {
            valid &= std::isfinite(p[2 * i]) && std::isfinite(p[2 * i + 1]) && p[2 * i + 1] >= 0.0F;
            means[i] += p[2 * i];
            variances[i] += p[2 * i + 1];
        }
    }
    core::require(valid, "a member of the ensemble gives finite means and variances");
    for (double& mean : means) mean /= members;
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> p = block.of(member);
        for (std::size_t i = 0; i < pairs; ++i) variances[i] += (p[2 * i] - means[i]) * (p[2 * i] - means[i]);
    }
    Combined combined;
    combined.predictions.reserve(2 * pairs);
    for (std::size_t i = 0; i < pairs; ++i) {
        combined.predictions.push_back(static_cast<float>(means[i]));
        combined.predictions.push_back(static_cast<float>(variances[i] / members));
    }
    return combined;
}

constexpr std::array<Combination, 3> table{{
    {.name = "average",
     .text = "mean of the members' probabilities (soft voting)",
     .kind = task::Kind::classification,
     .is_mixture = false,
     .apply = average},
    {.name = "vote",
     .text = "shares of the members' votes (hard voting)",
     .kind = task::Kind::classification,
     .is_mixture = false,
     .apply = vote},
    {.name = "mixture",
     .text = "mean and variance of the mixture of the members' distributions",
     .kind = task::Kind::regression,
     .is_mixture = true,
     .apply = mixture},
}};

}  // namespace

std::span<const Combination> combinations() noexcept {
    return table;
}

std::vector<const Combination*> combinations_of(task::Kind kind) {
    std::vector<const Combination*> chosen;
    for (const Combination& combination : table) {
        if (combination.kind == kind) chosen.push_back(&combination);
    }
    return chosen;
}

std::size_t find_combination(task::Kind kind, std::string_view name) {
    const auto chosen = combinations_of(kind);
    const auto found =
        std::ranges::find_if(chosen, [&](const Combination* each) { return name.empty() || each->name == name; });
    return static_cast<std::size_t>(found - chosen.begin());
}

}  // namespace ensemble::analysis
