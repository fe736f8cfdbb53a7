#include "analysis/moment_pools.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

void require_moments(const Block& block) {
    core::require(block.members > 0, "a mixture needs at least one member");
    bool valid = true;
    const std::span<const float> p = block.predictions;
    for (std::size_t i = 0; i + 1 < p.size(); i += 2)
        valid &= std::isfinite(p[i]) && std::isfinite(p[i + 1]) && p[i + 1] >= 0.0F;
    core::require(valid, "a member of the ensemble gives finite means and variances");
}

/// What one member says of one number.
struct Moments {
    double mean = 0;
    double variance = 0;
};

/// Of one number: mean of the variances and of the squared distances from `centre`, over the members given.
double spread_about(double centre, std::span<const Moments> members) {
    double sum = 0;
    for (const Moments& each : members) sum += each.variance + (each.mean - centre) * (each.mean - centre);
    return sum / static_cast<double>(members.size());
}

/// Combines each number by itself: combine(what each member says of it) are its moments.
template <class Combine>
Combined number_by_number(const Block& block, const Combine& combine) {
    require_moments(block);
    Combined combined;
    combined.predictions.resize(block.rows * block.width());
    std::vector<Moments> members(block.members);
    for (std::size_t i = 0; i < combined.predictions.size(); i += 2) {
        for (std::size_t member = 0; member < block.members; ++member) {
            const std::span<const float> p = block.of(member);
            members[member] = {.mean = p[i], .variance = p[i + 1]};
        }
        const Moments moments = combine(std::span(members));
        combined.predictions[i] = static_cast<float>(moments.mean);
        combined.predictions[i + 1] = static_cast<float>(moments.variance);
    }
    return combined;
}

}  // namespace

Combined mixture(const Block& block, std::span<const double> weights) {
    require_moments(block);
    core::require(weights.empty() || weights.size() == block.members, "every member has a weight");
    // Equal weights as 1 and a division at the end, so that equal members give exactly what each of them says.
    const double all = weights.empty() ? static_cast<double>(block.members) : 1.0;
    const auto weight_of = [&](std::size_t member) { return weights.empty() ? 1.0 : weights[member]; };
    const std::size_t pairs = block.rows * block.width() / 2;
    std::vector<double> means(pairs);
    std::vector<double> variances(pairs);
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> p = block.of(member);
        const double weight = weight_of(member);
        for (std::size_t i = 0; i < pairs; ++i) {
            means[i] += weight * double{p[2 * i]};
            variances[i] += weight * double{p[2 * i + 1]};
        }
    }
    for (double& mean : means) mean /= all;
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> p = block.of(member);
        const double weight = weight_of(member);
        for (std::size_t i = 0; i < pairs; ++i) {
            const double distance = p[2 * i] - means[i];
            variances[i] += weight * distance * distance;
        }
    }
    Combined combined;
    combined.predictions.reserve(2 * pairs);
    for (std::size_t i = 0; i < pairs; ++i) {
        combined.predictions.push_back(static_cast<float>(means[i]));
        combined.predictions.push_back(static_cast<float>(variances[i] / all));
    }
    return combined;
}

Combined median(const Block& block, std::span<const double> weights) {
    core::require(weights.empty(), "members of a median count the same");
    return number_by_number(block, [](std::span<Moments> members) {
        std::ranges::sort(members, {}, &Moments::mean);
        const std::size_t middle = members.size() / 2;
        const double centre = members.size() % 2 == 1 ? members[middle].mean
                                                      : std::midpoint(members[middle - 1].mean, members[middle].mean);
        return Moments{.mean = centre, .variance = spread_about(centre, members)};
    });
}

Combined trimmed_mixture(const Block& block, std::span<const double> weights) {
    core::require(weights.empty(), "members of a trimmed mean count the same");
    return number_by_number(block, [](std::span<Moments> all) {
        constexpr std::size_t one_of = 5;
        std::ranges::stable_sort(all, {}, &Moments::mean);
        const std::size_t cut = all.size() / one_of;
        const auto members = all.subspan(cut, all.size() - 2 * cut);
        double mean = 0;
        for (const Moments& each : members) mean += each.mean;
        mean /= static_cast<double>(members.size());
        return Moments{.mean = mean, .variance = spread_about(mean, members)};
    });
}

}  // namespace ensemble::analysis
