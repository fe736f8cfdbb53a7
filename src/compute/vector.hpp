#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ensemble::compute {

/// Neighbouring floats as a vector, which the compiler maps to registers whatever its loop optimisers think.
template <std::size_t Count>
struct PackOf {
    using Type [[gnu::vector_size(Count * sizeof(float))]] = float;
};
template <std::size_t Count>
using Pack = typename PackOf<Count>::Type;

template <std::size_t Count>
Pack<Count> load_pack(const float* from) {
    Pack<Count> pack;
    std::memcpy(&pack, from, sizeof pack);
    return pack;
}

template <std::size_t Count>
void store_pack(const Pack<Count>& pack, float* to) {
    std::memcpy(to, &pack, sizeof pack);
}

/// Floats of one block of channels in the widest order (see Images), as a vector that the compiler maps to registers.
constexpr std::size_t lanes = 16;
using Vector = Pack<lanes>;
using Integers = std::int32_t __attribute__((vector_size(lanes * sizeof(std::int32_t))));
using Bytes = std::uint8_t __attribute__((vector_size(lanes)));

inline Vector load(const float* from) {
    return load_pack<lanes>(from);
}

inline Integers load(const std::uint8_t* from) {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    return __builtin_convertvector(bytes, Integers);
}

inline void store(const Vector& vector, float* to) {
    store_pack<lanes>(vector, to);
}

/// REQUIRES: every number from 0 to 255.
inline void store(const Integers& vector, std::uint8_t* to) {
    const Bytes bytes = __builtin_convertvector(vector, Bytes);
    std::memcpy(to, &bytes, sizeof bytes);
}

}  // namespace ensemble::compute
