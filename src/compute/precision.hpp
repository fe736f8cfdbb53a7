#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/names.hpp"

namespace ensemble::compute {

/// In what the factors of products and convolutions are multiplied. Sums, results and everything else are in single
/// precision.
enum class Precision : std::uint8_t { f32, bf16 };

constexpr auto enum_names(Precision) {
    return std::array{core::Named{Precision::f32, "f32"}, core::Named{Precision::bf16, "bf16"}};
}

/// True if this processor multiplies bf16 in hardware (AVX512_BF16 or AMX), as far as ONEDNN_MAX_CPU_ISA lets it.
[[nodiscard]] bool multiplies_bf16() noexcept;

/// True if it multiplies tiles of bf16 (AMX), ten times as fast as single precision.
[[nodiscard]] bool has_amx() noexcept;

/// In what a layer multiplies by a matrix [rows × columns] where `wanted` is asked for. Rules and no measurements, so
/// that every rank and every batch decide alike. In single precision
/// - by a small matrix: a kernel in bf16 takes half a microsecond longer to start, which is more than it gains (AMD Zen
///   5; with 32 rows of a batch or more),
/// - by one of few columns, unless there is AMX: those of AVX512_BF16 come in 16s, and what is left over takes longer
///   than in single precision (output layers of 10 classes: by a quarter, Zen 5).
[[nodiscard]] Precision layer_precision(Precision wanted, std::size_t rows, std::size_t columns) noexcept;

/// The upper half of a float: its range, with 8 significant bits.
struct Bfloat16 {
    std::uint16_t bits = 0;
};

/// The nearest of the two neighbours, of equally near ones the even one: wrong by at most 2⁻⁸ of the value, unless that
/// is denormal. Infinities and NaNs stay what they are.
[[nodiscard]] constexpr Bfloat16 narrowed(float value) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U;
    const std::uint32_t quiet = (bits >> 16U) | 0x40U;
    return {static_cast<std::uint16_t>((bits & 0x7FFFFFFFU) > 0x7F800000U ? quiet : rounded)};
}

[[nodiscard]] constexpr float widened(Bfloat16 value) noexcept {
    return std::bit_cast<float>(std::uint32_t{value.bits} << 16U);
}

/// REQUIRES: `to` has the size of `from`.
void narrow(std::span<const float> from, std::span<Bfloat16> to);

}  // namespace ensemble::compute
