#include "core/random.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/contract.hpp"

namespace core {
namespace {

// Multipliers and Weyl constants of the paper's table 2 and section 4.
constexpr std::uint32_t multiplier_0 = 0xD2511F53U;
constexpr std::uint32_t multiplier_1 = 0xCD9E8D57U;
constexpr std::uint32_t weyl_0 = 0x9E3779B9U;
constexpr std::uint32_t weyl_1 = 0xBB67AE85U;
constexpr int rounds = 10;

constexpr std::uint32_t high(std::uint64_t product) { return static_cast<std::uint32_t>(product >> 32U); }
constexpr std::uint32_t low(std::uint64_t product) { return static_cast<std::uint32_t>(product); }

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) noexcept {
    for (int round = 0; round < rounds; ++round) {
        const std::uint64_t p0 = std::uint64_t{multiplier_0} * counter[0];
        const std::uint64_t p1 = std::uint64_t{multiplier_1} * counter[2];
        counter = {high(p1) ^ counter[1] ^ key[0], low(p1), high(p0) ^ counter[3] ^ key[1], low(p0)};
        key[0] += weyl_0;
        key[1] += weyl_1;
    }
    return counter;
}

RandomStream::RandomStream(const StreamKey& key)
    : key_{low(key.seed), high(key.seed)},
      counter_{0, key.step, key.epoch, key.member << 8U | static_cast<std::uint32_t>(key.purpose)} {
    require(key.member < (1U << 24U), "a stream's member is below 2^24");
}

void RandomStream::seek(std::uint32_t block) noexcept {
    counter_[0] = block;
    used_ = block_.size();
}

std::uint32_t RandomStream::bits() noexcept {
    if (used_ == block_.size()) {
        block_ = philox(counter_, key_);
        ++counter_[0];
        used_ = 0;
    }
    return block_[used_++];
}

double RandomStream::uniform() noexcept {
    const std::uint64_t upper = bits() >> 5U;  // 27 bits
    const std::uint64_t lower = bits() >> 6U;  // 26 bits
    return static_cast<double>(upper << 26U | lower) * 0x1p-53;
}

double RandomStream::normal() noexcept {
    const double radius = std::sqrt(-2.0 * std::log1p(-uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::uint32_t RandomStream::below(std::uint32_t bound) noexcept {
    std::uint64_t product = std::uint64_t{bits()} * bound;
    if (low(product) < bound) {
        const std::uint32_t threshold = (0U - bound) % bound;
        while (low(product) < threshold) product = std::uint64_t{bits()} * bound;
    }
    return high(product);
}

void RandomStream::fill(std::span<std::uint32_t> words) noexcept {
    // Sixteen counters side by side, one array per word, so that the compiler keeps each round in vector registers.
    constexpr std::size_t lanes = 16;
    std::array<std::uint32_t, lanes> c0, c1, c2, c3;
    std::size_t done = 0;
    while (done < words.size()) {
        for (std::size_t i = 0; i < lanes; ++i) {
            c0[i] = counter_[0] + static_cast<std::uint32_t>(i);
            c1[i] = counter_[1];
            c2[i] = counter_[2];
            c3[i] = counter_[3];
        }
        std::array<std::uint32_t, 2> key = key_;
        for (int round = 0; round < rounds; ++round) {
            for (std::size_t i = 0; i < lanes; ++i) {
                const std::uint64_t p0 = std::uint64_t{multiplier_0} * c0[i];
                const std::uint64_t p1 = std::uint64_t{multiplier_1} * c2[i];
                c0[i] = high(p1) ^ c1[i] ^ key[0];
                c1[i] = low(p1);
                c2[i] = high(p0) ^ c3[i] ^ key[1];
                c3[i] = low(p0);
            }
            key[0] += weyl_0;
            key[1] += weyl_1;
        }
        std::array<std::uint32_t, 4 * lanes> ordered;
        for (std::size_t i = 0; i < lanes; ++i) {
            ordered[4 * i] = c0[i];
            ordered[4 * i + 1] = c1[i];
            ordered[4 * i + 2] = c2[i];
            ordered[4 * i + 3] = c3[i];
        }
        const std::size_t take = std::min(ordered.size(), words.size() - done);
        std::copy_n(ordered.begin(), take, words.begin() + static_cast<std::ptrdiff_t>(done));
        counter_[0] += static_cast<std::uint32_t>((take + 3) / 4);
        done += take;
    }
    used_ = block_.size();
}

void RandomStream::shuffle(std::span<std::uint32_t> items) noexcept {
    for (std::size_t last = items.size(); last > 1; --last) {
        std::swap(items[last - 1], items[below(static_cast<std::uint32_t>(last))]);
    }
}

}  // namespace core
