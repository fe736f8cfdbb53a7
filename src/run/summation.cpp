#include "run/summation.hpp"

#include <bit>
#include <utility>

#include "core/contract.hpp"
#include "core/error.hpp"

namespace ensemble::run {

Branch branch_of(std::size_t place, std::size_t places) {
    core::require(place < places, "a branch is one of the tree");
    // A place's parent lacks its lowest bit; its children have one bit more, below that.
    Branch branch{.parent = place & (place - 1)};
    if (place == 0) branch.parent = 0;
    const std::size_t lowest = place == 0 ? std::bit_ceil(places) : place & (~place + 1);
    for (std::size_t bit = 1; bit < lowest && place + bit < places; bit <<= 1U) ++branch.children;
    return branch;
}

void Summation::enter(std::int32_t round) {
    round_ = round;
    order_.reset();
    came_ = 0;
    sum_.clear();
}

void Summation::begin(const Combine& order, std::span<const std::int64_t> own) {
    core::require(order.round >= round_, "rounds come in their order");
    if (order.round > round_) enter(order.round);
    order_ = order;
    add(own);
}

void Summation::add(const Share& share) {
    if (share.round < round_) return;
    if (share.round > round_) enter(share.round);
    ++came_;
    add(share.counters);
}

void Summation::add(std::span<const std::int64_t> counters) {
    if (sum_.empty()) {
        sum_.assign(counters.begin(), counters.end());
        return;
    }
    if (counters.size() != sum_.size()) {
        core::fail(core::Failure::run, "two ranks' shares have {} and {} counters; do all ranks run the same program?",
                   sum_.size(), counters.size());
    }
    for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += counters[i];
}

std::optional<std::pair<Combine, Share>> Summation::take_sum() {
    if (!order_ || came_ < order_->children) return std::nullopt;
    const Combine order = *std::exchange(order_, std::nullopt);
    came_ = 0;
    return std::pair{order, Share{.round = round_, .counters = std::exchange(sum_, {})}};
}

}  // namespace ensemble::run
