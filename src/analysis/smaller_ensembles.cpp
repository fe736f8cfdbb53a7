#include "analysis/smaller_ensembles.hpp"

#include <algorithm>
#include <bit>
#include <numeric>

#include "core/contract.hpp"
#include "core/random.hpp"

namespace ensemble::analysis {
namespace {

constexpr std::size_t most_orders = 64;
constexpr std::size_t least_orders = 8;
constexpr std::size_t most_additions = 8192;  // members that join, in all orders together

/// 2, 3, … 8, 10, 12, 14, 16, 20, 24 …
std::vector<std::size_t> sizes_of(std::size_t members) {
    std::vector<std::size_t> sizes;
    constexpr std::size_t in_doubling = 4;
    for (std::size_t size = 2; size + 1 < members; size += std::max<std::size_t>(std::bit_floor(size) / in_doubling, 1))
        sizes.push_back(size);
    return sizes;
}

}  // namespace

Subsets subsets_of(std::size_t members, std::uint64_t seed) {
    core::require(members > 0, "subsets are of members");
    Subsets subsets{.sizes = sizes_of(members), .orders = {}};
    subsets.orders.resize(std::clamp(most_additions / members, least_orders, most_orders));
    for (std::size_t order = 0; order < subsets.orders.size(); ++order) {
        core::RandomStream random({.seed = seed,
                                   .purpose = core::Purpose::significance,
                                   .epoch = 2,
                                   .step = static_cast<std::uint32_t>(order)});
        subsets.orders[order].resize(members);
        std::iota(subsets.orders[order].begin(), subsets.orders[order].end(), 0U);
        random.shuffle(subsets.orders[order]);
    }
    return subsets;
}

GrowingEnsemble::GrowingEnsemble(task::Kind kind, std::size_t numbers)
    : kind_(kind), sums_(numbers), squares_(kind == task::Kind::regression ? numbers / 2 : 0) {}

void GrowingEnsemble::clear() {
    members_ = 0;
    std::ranges::fill(sums_, 0.0);
    std::ranges::fill(squares_, 0.0);
}

void GrowingEnsemble::add(std::span<const float> predictions) {
    core::require(predictions.size() == sums_.size(), "members of an ensemble predict the same rows");
    ++members_;
    if (kind_ == task::Kind::classification) {
        for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += double{predictions[i]};
        return;
    }
    // Welford's updates: nothing cancels where means are far from 0.
    const auto members = static_cast<double>(members_);
    for (std::size_t i = 0; i < squares_.size(); ++i) {
        const double distance = double{predictions[2 * i]} - sums_[2 * i];
        sums_[2 * i] += distance / members;
        sums_[2 * i + 1] += double{predictions[2 * i + 1]};
        squares_[i] += distance * distance * (members - 1) / members;
    }
}

void GrowingEnsemble::predict(std::span<float> out) const {
    core::require(members_ > 0 && out.size() == sums_.size(), "an ensemble has members");
    const auto members = static_cast<double>(members_);
    if (kind_ == task::Kind::classification) {
        for (std::size_t i = 0; i < sums_.size(); ++i) out[i] = static_cast<float>(sums_[i] / members);
        return;
    }
    for (std::size_t i = 0; i < squares_.size(); ++i) {
        out[2 * i] = static_cast<float>(sums_[2 * i]);
        out[2 * i + 1] = static_cast<float>((sums_[2 * i + 1] + squares_[i]) / members);
    }
}

ReducedEnsemble::ReducedEnsemble(const Block& block) : block_(block) {
    core::require(block.members > 1, "an ensemble without one member has another");
    const bool classes = block.task.kind == task::Kind::classification;
    const std::size_t numbers = block.rows * block.width();
    centre_.resize(classes ? numbers : numbers / 2);
    const std::size_t stride = classes ? 1 : 2;
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> own = block.of(member);
        for (std::size_t i = 0; i < centre_.size(); ++i) centre_[i] += double{own[stride * i]};
    }
    if (classes) return;
    for (double& mean : centre_) mean /= static_cast<double>(block.members);
    spread_.resize(centre_.size());
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> own = block.of(member);
        for (std::size_t i = 0; i < centre_.size(); ++i) {
            const double distance = double{own[2 * i]} - centre_[i];
            spread_[i] += double{own[2 * i + 1]} + distance * distance;
        }
    }
}

void ReducedEnsemble::predict_without(std::size_t member, std::span<float> out) const {
    const std::span<const float> own = block_.of(member);
    const auto others = static_cast<double>(block_.members - 1);
    if (spread_.empty()) {
        for (std::size_t i = 0; i < centre_.size(); ++i)
            out[i] = static_cast<float>(std::max(centre_[i] - double{own[i]}, 0.0) / others);
        return;
    }
    for (std::size_t i = 0; i < centre_.size(); ++i) {
        const double distance = double{own[2 * i]} - centre_[i];
        const double moved = distance / others;  // the others' mean lies on the other side of the centre
        const double spread = spread_[i] - double{own[2 * i + 1]} - distance * distance;
        out[2 * i] = static_cast<float>(centre_[i] - moved);
        out[2 * i + 1] = static_cast<float>(std::max(spread / others - moved * moved, 0.0));
    }
}

}  // namespace ensemble::analysis
