#pragma once

#include <cstdint>
#include <span>

#include "compute/rows.hpp"
#include "core/random.hpp"

namespace ensemble::compute {

/// Inverted dropout (Srivastava et al. 2014, section 10): keeps an element with probability 1 − p and scales it by
/// 1/(1 − p), so that its expectation is unchanged and evaluation needs nothing. The probability is held in units of
/// 2^-16, and the scale fits the held probability exactly.
class DropoutRate {
public:
    /// REQUIRES: 0 ≤ p < 1.
    explicit DropoutRate(double p);

    /// Elements whose 16 random bits are below this are dropped.
    [[nodiscard]] std::uint16_t threshold() const noexcept { return threshold_; }
    [[nodiscard]] float scale() const noexcept { return scale_; }

private:
    std::uint16_t threshold_;
    float scale_;
};

/// Fills `mask` with 1 (keep) and 0 (drop); uses ⌈mask.size() / 8⌉ blocks of the stream from where it stands.
void draw_mask(DropoutRate rate, core::RandomStream& random, std::span<std::uint8_t> mask);

/// x ← x · mask · scale, with one element of the mask after the other. Serves forward and backward alike.
void apply_mask(DropoutRate rate, std::span<const std::uint8_t> mask, const Rows& x);

}  // namespace ensemble::compute
