#pragma once

#include <span>

namespace ensemble::analysis {

/// Whether all are probabilities, with room for the rounding of a softmax; NaN is none.
[[nodiscard]] inline bool are_probabilities(std::span<const float> values) noexcept {
    constexpr float largest = 1.0F + 0x1p-10F;
    bool valid = true;
    for (const float value : values) valid &= value >= 0.0F && value <= largest;
    return valid;
}

}  // namespace ensemble::analysis
