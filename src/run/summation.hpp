#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "run/protocol.hpp"

namespace ensemble::run {

/// Where a rank stands in the tree along which contributions are summed.
struct Branch {
    std::size_t parent = 0;  ///< place it sends its sum to; the first place, the root, has none
    std::size_t children = 0;
};

/// The branch of one of `places` places in a binomial tree: ⌈log2 places⌉ deep, and no place has more children.
/// REQUIRES: place < places.
[[nodiscard]] Branch branch_of(std::size_t place, std::size_t places);

/// One rank's part in summing the contributions of all: its own and those of its children in the tree. Sums are of
/// integers, so neither the tree nor the order of arrival changes a bit. When a rank is lost the coordinator begins
/// another round, from the ranks' own contributions; what comes late from the round before is dropped. Local.
class Summation {
public:
    /// The coordinator's order has come; `own` is what this rank contributes.
    void begin(const Combine& order, std::span<const std::int64_t> own);

    /// A child's sum has come; it may be earlier than the order.
    void add(const Share& share);

    /// The rank is given members again: the round is off.
    void abandon() noexcept { order_.reset(); }

    /// There is a round whose sum is not complete here.
    [[nodiscard]] bool is_under_way() const noexcept { return order_.has_value(); }

    /// The sum and the order it answers, once all children's have come; then the round is over here.
    [[nodiscard]] std::optional<std::pair<Combine, Share>> take_sum();

private:
    void enter(std::int32_t round);
    void add(std::span<const std::int64_t> counters);

    std::int32_t round_ = 0;
    std::optional<Combine> order_;
    std::int32_t came_ = 0;  ///< children
    std::vector<std::int64_t> sum_;
};

}  // namespace ensemble::run
