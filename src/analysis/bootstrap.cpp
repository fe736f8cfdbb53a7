#include "analysis/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "core/contract.hpp"
#include "core/random.hpp"

namespace ensemble::analysis {
namespace {

/// Fair coins, thrown 32 at a time.
class Coins {
public:
    explicit Coins(std::uint64_t seed) : stream_({.seed = seed, .purpose = core::Purpose::significance}) {}

    /// Heads among `throws` coins.
    std::int64_t heads(std::int64_t throws) {
        std::int64_t count = 0;
        while (throws > 0) {
            if (next_ == words_.size()) refill();
            if (throws < word_bits) {
                const std::uint32_t mask = (1U << static_cast<unsigned>(throws)) - 1U;
                return count + std::popcount(words_[next_++] & mask);
            }
            const std::size_t take = std::min(static_cast<std::size_t>(throws / word_bits), words_.size() - next_);
            for (std::size_t i = 0; i < take; ++i) count += std::popcount(words_[next_ + i]);
            next_ += take;
            throws -= static_cast<std::int64_t>(take) * word_bits;
        }
        return count;
    }

private:
    static constexpr std::int64_t word_bits = 32;

    void refill() {
        stream_.fill(words_);
        next_ = 0;
    }

    core::RandomStream stream_;
    std::array<std::uint32_t, 1024> words_{};
    std::size_t next_ = 1024;
};

/// How many of `trials` uniform numbers lie below numerator / denominator, drawn exactly.
/// All numbers are compared with the fraction binary digit by binary digit, from the first one on: at each digit a
/// fair coin gives every undecided number its own, and those that differ from the fraction's are decided. About half of
/// them are, each time, so 2 · trials coins are enough on average.
std::int64_t binomial(Coins& coins, std::int64_t trials, std::int64_t numerator, std::int64_t denominator) {
    std::int64_t below = 0;
    while (trials > 0 && numerator > 0) {
        const std::int64_t ones = coins.heads(trials);
        numerator *= 2;
        if (numerator >= denominator) {
            numerator -= denominator;
            below += trials - ones;
            trials = ones;
        } else {
            trials -= ones;
        }
    }
    return below;
}

/// A value and how many items up to and including its own there are.
struct Group {
    std::int64_t value = 0;
    std::int64_t items_to_here = 0;
};

/// Distinct values with their counts, the most frequent first.
std::vector<Group> group(std::span<const std::int64_t> values) {
    std::map<std::int64_t, std::int64_t> counts;
    for (const std::int64_t value : values) ++counts[value];
    std::vector<Group> groups;
    for (const auto& [value, count] : counts) groups.push_back({value, count});
    std::ranges::stable_sort(groups, std::ranges::greater(), &Group::items_to_here);
    std::int64_t items = 0;
    for (Group& next : groups) next.items_to_here = items += next.items_to_here;
    return groups;
}

/// Sum of `draws` draws from `groups`, before which there are `items_before` items.
/// Splits the groups in two of nearly equal weight, and the draws between them, so that a draw is decided after about
/// as many coins as the logarithm of the number of groups.
std::int64_t draw_sum(Coins& coins, std::span<const Group> groups, std::int64_t items_before, std::int64_t draws) {
    if (draws == 0) return 0;
    if (groups.size() == 1) return draws * groups.front().value;
    const std::int64_t weight = groups.back().items_to_here - items_before;
    const auto middle = std::ranges::lower_bound(groups.first(groups.size() - 1), items_before + weight / 2,
                                                 std::ranges::less(), &Group::items_to_here);
    const auto left = std::min(static_cast<std::size_t>(middle - groups.begin()) + 1, groups.size() - 1);
    const std::int64_t items_to_left = groups[left - 1].items_to_here;
    const std::int64_t drawn_left = binomial(coins, draws, items_to_left - items_before, weight);
    return draw_sum(coins, groups.first(left), items_before, drawn_left) +
           draw_sum(coins, groups.subspan(left), items_to_left, draws - drawn_left);
}

}  // namespace

std::vector<std::int64_t> resampled_sums(std::span<const std::int64_t> values, const BootstrapRequest& request) {
    core::require(!values.empty() && request.replicates > 0, "a bootstrap needs items and replicates");
    const std::vector<Group> groups = group(values);
    Coins coins(request.seed);
    std::vector<std::int64_t> sums(request.replicates);
    for (std::int64_t& sum : sums) sum = draw_sum(coins, groups, 0, static_cast<std::int64_t>(values.size()));
    return sums;
}

}  // namespace ensemble::analysis
