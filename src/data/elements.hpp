#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/contract.hpp"

namespace ensemble::data {

/// How an array file stores a number; the names are NumPy's: kind and bytes.
enum class Number : std::uint8_t { b1, u1, i1, u2, i2, u4, i4, u8, i8, f2, f4, f8 };

struct StoredAs {
    Number number = Number::u1;
    bool swapped = false;  ///< its bytes stand in the order that is not this machine's

    friend bool operator==(const StoredAs&, const StoredAs&) = default;
};

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(Number number) noexcept {
    constexpr std::array<std::size_t, 12> sizes{1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};
    return sizes[static_cast<std::size_t>(number)];
}

/// The value of 16 bits of IEEE 754 half precision, which single precision has exactly.
[[nodiscard]] float from_half(std::uint16_t bits) noexcept;

/// One stored number.
template <class Stored>
[[nodiscard]] Stored number_at(const std::byte* from, bool swapped) noexcept {
    std::array<std::byte, sizeof(Stored)> bytes;
    std::memcpy(bytes.data(), from, sizeof(Stored));
    if (swapped) std::ranges::reverse(bytes);
    return std::bit_cast<Stored>(bytes);
}

/// Calls use(value) for each of the stored numbers, as the type of C++ that has its values; half precision as float.
/// REQUIRES: `bytes` are whole elements.
template <class Use>
void for_each_number(StoredAs as, std::span<const std::byte> bytes, Use use) {
    const auto pass = [&]<class Stored>(Stored /*tag*/, auto value_of) {
        core::require(bytes.size() % sizeof(Stored) == 0, "there are whole elements");
        for (std::size_t i = 0; i < bytes.size(); i += sizeof(Stored))
            use(value_of(number_at<Stored>(bytes.data() + i, as.swapped)));
    };
    const auto same = [](auto value) { return value; };
    switch (as.number) {
        case Number::b1:
            return pass(std::uint8_t{}, [](std::uint8_t value) { return value != 0; });
        case Number::u1:
            return pass(std::uint8_t{}, same);
        case Number::i1:
            return pass(std::int8_t{}, same);
        case Number::u2:
            return pass(std::uint16_t{}, same);
        case Number::i2:
            return pass(std::int16_t{}, same);
        case Number::u4:
            return pass(std::uint32_t{}, same);
        case Number::i4:
            return pass(std::int32_t{}, same);
        case Number::u8:
            return pass(std::uint64_t{}, same);
        case Number::i8:
            return pass(std::int64_t{}, same);
        case Number::f2:
            return pass(std::uint16_t{}, from_half);
        case Number::f4:
            return pass(float{}, same);
        case Number::f8:
            return pass(double{}, same);
    }
}

}  // namespace ensemble::data
