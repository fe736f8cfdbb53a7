#include "ensemble/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "core/contract.hpp"
#include "core/random.hpp"

namespace ensemble {
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

struct Group {
    std::int64_t value = 0;
    std::int64_t count = 0;
};

/// Distinct values, the most frequent first: it takes most trials off the binomials that follow.
std::vector<Group> group(std::span<const std::int64_t> values) {
    std::map<std::int64_t, std::int64_t> counts;
    for (const std::int64_t value : values) ++counts[value];
    std::vector<Group> groups;
    for (const auto& [value, count] : counts) groups.push_back({value, count});
    std::ranges::stable_sort(groups, std::ranges::greater(), &Group::count);
    return groups;
}

}  // namespace

std::vector<std::int64_t> resampled_sums(std::span<const std::int64_t> values, const BootstrapRequest& request) {
    core::require(!values.empty() && request.replicates > 0, "a bootstrap needs items and replicates");
    const std::vector<Group> groups = group(values);
    const auto items = static_cast<std::int64_t>(values.size());
    Coins coins(request.seed);
    std::vector<std::int64_t> sums(request.replicates);
    for (std::int64_t& sum : sums) {
        std::int64_t draws = items;   // not yet given to a group
        std::int64_t weight = items;  // items in the groups not yet visited
        for (const Group& next : groups) {
            const std::int64_t drawn = next.count == weight ? draws : binomial(coins, draws, next.count, weight);
            sum += drawn * next.value;
            draws -= drawn;
            weight -= next.count;
        }
    }
    return sums;
}

}  // namespace ensemble
