#include "compute/dropout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

constexpr double levels = 65536.0;

std::uint16_t threshold_of(double p) {
    core::require(p >= 0 && p < 1, "a dropout rate lies in [0, 1)");
    return static_cast<std::uint16_t>(std::min(std::round(p * levels), levels - 1));
}

}  // namespace

DropoutRate::DropoutRate(double p)
    : threshold_(threshold_of(p)), scale_(static_cast<float>(levels / (levels - threshold_))) {}

void draw_mask(DropoutRate rate, core::RandomStream& random, std::span<std::uint8_t> mask) {
    constexpr std::size_t chunk = 256;
    std::array<std::uint32_t, chunk> words;
    const std::uint32_t threshold = rate.threshold();
    for (std::size_t done = 0; done < mask.size(); done += 2 * chunk) {
        const std::size_t count = std::min(2 * chunk, mask.size() - done);
        random.fill(std::span(words).first((count + 1) / 2));
        std::uint8_t* out = mask.data() + done;
        // The first half of a chunk takes the words' lower bits, the second the upper ones: no interleaving needed.
        const std::size_t half = (count + 1) / 2;
        for (std::size_t i = 0; i < half; ++i) out[i] = (words[i] & 0xFFFFU) >= threshold ? 1 : 0;
        for (std::size_t i = half; i < count; ++i) out[i] = words[i - half] >> 16U >= threshold ? 1 : 0;
    }
}

void apply_mask(DropoutRate rate, std::span<const std::uint8_t> mask, const Rows& x) {
    core::require(mask.size() == x.count * x.width, "a mask is as long as what it masks");
    const float scale = rate.scale();
    const std::uint8_t* __restrict keep = mask.data();
    for (std::size_t row = 0; row < x.count; ++row, keep += x.width) {
        float* __restrict values = x.data + row * x.stride;
        for (std::size_t i = 0; i < x.width; ++i) values[i] *= keep[i] != 0 ? scale : 0.0F;
    }
}

}  // namespace ensemble::compute
