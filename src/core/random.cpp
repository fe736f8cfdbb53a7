#include "core/random.hpp"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/contract.hpp"

namespace ensemble::core {
namespace {

// Multipliers and Weyl constants of the paper's table 2 and section 4.
constexpr std::uint32_t multiplier_0 = 0xD2511F53U;
constexpr std::uint32_t multiplier_1 = 0xCD9E8D57U;
constexpr std::uint32_t weyl_0 = 0x9E3779B9U;
constexpr std::uint32_t weyl_1 = 0xBB67AE85U;
constexpr int rounds = 10;

constexpr std::uint32_t high(std::uint64_t product) {
    return static_cast<std::uint32_t>(product >> 32U);
}
constexpr std::uint32_t low(std::uint64_t product) {
    return static_cast<std::uint32_t>(product);
}

constexpr std::size_t blocks_at_once = 16;

// The words of the blocks counter, counter + 1, … one behind the other.
#ifdef __AVX2__
// Four counters in each register, one per 64-bit lane. Only the lower half of a lane counts: the multiplication
// reads no other, so what the exclusive-or leaves in the upper half does no harm.
void next_blocks(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key, std::uint32_t* words) {
    constexpr std::size_t registers = blocks_at_once / 4;
    const auto all = [](std::uint32_t value) { return _mm256_set1_epi64x(static_cast<long long>(value)); };
    __m256i c0[registers], c1[registers], c2[registers], c3[registers];
    for (std::size_t i = 0; i < registers; ++i) {
        const __m256i first = all(counter[0] + static_cast<std::uint32_t>(4 * i));
        c0[i] = _mm256_add_epi64(first, _mm256_set_epi64x(3, 2, 1, 0));
        c1[i] = all(counter[1]);
        c2[i] = all(counter[2]);
        c3[i] = all(counter[3]);
    }
    for (int round = 0; round < rounds; ++round) {
        const __m256i key_0 = all(key[0]);
        const __m256i key_1 = all(key[1]);
        for (std::size_t i = 0; i < registers; ++i) {
            const __m256i p0 = _mm256_mul_epu32(c0[i], all(multiplier_0));
            const __m256i p1 = _mm256_mul_epu32(c2[i], all(multiplier_1));
            c0[i] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), c1[i]), key_0);
            c2[i] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), c3[i]), key_1);
            c1[i] = p1;
            c3[i] = p0;
        }
        key[0] += weyl_0;
        key[1] += weyl_1;
    }
    constexpr int odd_words = 0b10101010;
    for (std::size_t i = 0; i < registers; ++i) {
        const __m256i first = _mm256_blend_epi32(c0[i], _mm256_slli_epi64(c1[i], 32), odd_words);
        const __m256i second = _mm256_blend_epi32(c2[i], _mm256_slli_epi64(c3[i], 32), odd_words);
        const __m256i even_blocks = _mm256_unpacklo_epi64(first, second);
        const __m256i odd_blocks = _mm256_unpackhi_epi64(first, second);
        auto* out = reinterpret_cast<__m256i*>(words + 16 * i);
        _mm256_storeu_si256(out, _mm256_permute2x128_si256(even_blocks, odd_blocks, 0x20));
        _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(even_blocks, odd_blocks, 0x31));
    }
}
#else
void next_blocks(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key, std::uint32_t* words) {
    for (std::size_t i = 0; i < blocks_at_once; ++i, ++counter[0])
        std::ranges::copy(philox(counter, key), words + 4 * i);
}
#endif

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
    std::array<std::uint32_t, 4 * blocks_at_once> ordered;
    for (std::size_t done = 0; done < words.size();) {
        next_blocks(counter_, key_, ordered.data());
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

}  // namespace ensemble::core
