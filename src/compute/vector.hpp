#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace compute {

/// Floats of one block of channels in the widest order (see Images), as a vector that the compiler maps to registers.
constexpr std::size_t lanes = 16;
using Vector = float __attribute__((vector_size(lanes * sizeof(float))));
using Integers = std::int32_t __attribute__((vector_size(lanes * sizeof(std::int32_t))));
using Bytes = std::uint8_t __attribute__((vector_size(lanes)));

inline Vector load(const float* from) {
    Vector vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
}

inline Integers load(const std::uint8_t* from) {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    return __builtin_convertvector(bytes, Integers);
}

inline void store(const Vector& vector, float* to) {
    std::memcpy(to, &vector, sizeof vector);
}

/// REQUIRES: every number from 0 to 255.
inline void store(const Integers& vector, std::uint8_t* to) {
    const Bytes bytes = __builtin_convertvector(vector, Bytes);
    std::memcpy(to, &bytes, sizeof bytes);
}

}  // namespace compute
