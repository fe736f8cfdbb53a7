#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#if defined(__FMA__)
#include <immintrin.h>
#endif

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

template <class AnyPack>
AnyPack load_as(const float* from) {
    return load_pack<sizeof(AnyPack) / sizeof(float)>(from);
}

template <std::size_t Count>
void store_pack(const Pack<Count>& pack, float* to) {
    std::memcpy(to, &pack, sizeof pack);
}

/// The same number everywhere.
template <std::size_t Count>
Pack<Count> pack_of(float value) {
    return value - Pack<Count>{};
}

/// sum + a·b, rounded once where the instruction set can. Compilers that may choose (-ffp-contract) choose by what
/// stands around: for some processors GCC avoids it where one sum waits for itself, and not where several take turns.
template <std::size_t Count>
Pack<Count> plus_product(const Pack<Count>& sum, const Pack<Count>& a, const Pack<Count>& b) {
#if defined(__AVX512F__)
    if constexpr (Count == 16) return _mm512_fmadd_ps(a, b, sum);
#endif
#if defined(__FMA__)
    if constexpr (Count == 8) return _mm256_fmadd_ps(a, b, sum);
    if constexpr (Count == 4) return _mm_fmadd_ps(a, b, sum);
    if constexpr (Count == 2) {
        const auto widened = [](const Pack<2>& pack) { return __builtin_shufflevector(pack, pack, 0, 1, -1, -1); };
        const Pack<4> wide = _mm_fmadd_ps(widened(a), widened(b), widened(sum));
        return __builtin_shufflevector(wide, wide, 0, 1);
    }
    if constexpr (Count == 1) return Pack<1>{__builtin_fmaf(a[0], b[0], sum[0])};
#endif
    return sum + a * b;
}

/// The sum of a pack's floats: halves are added, then halves of these.
template <std::size_t Count>
float sum_of(const Pack<Count>& pack) {
    if constexpr (Count == 1) {
        return pack[0];
    } else {
        constexpr std::size_t half = Count / 2;
        Pack<half> low;
        Pack<half> high;
        std::memcpy(&low, &pack, sizeof low);
        std::memcpy(&high, reinterpret_cast<const char*>(&pack) + sizeof low, sizeof high);
        return sum_of<half>(low + high);
    }
}

/// Calls f(index, Pack) with neighbouring floats of x and puts what it returns in their place; what f makes of a number
/// depends on that number and its index alone. Narrow rows are as fast as their floats: the last pack overlaps the one
/// before, which it was read before, so that there is no loop over single floats behind it.
template <std::size_t Count, class F>
inline void transform_packs(std::span<float> x, const F& f) {
    const std::size_t last = x.size() - Count;
    const Pack<Count> end = f(last, load_pack<Count>(x.data() + last));
    for (std::size_t i = 0; i < last; i += Count) store_pack<Count>(f(i, load_pack<Count>(x.data() + i)), x.data() + i);
    store_pack<Count>(end, x.data() + last);
}

template <class F>
inline void transform(std::span<float> x, const F& f) {
    constexpr std::size_t wide = 16;
    constexpr std::size_t narrow = 4;
    if (x.size() >= wide) return transform_packs<wide>(x, f);
    if (x.size() >= narrow) return transform_packs<narrow>(x, f);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = f(i, load_pack<1>(x.data() + i))[0];
}

/// Floats of one block of channels in the widest order (see Images), as a vector that the compiler maps to registers.
constexpr std::size_t lanes = 16;
using Vector = Pack<lanes>;
using Integers = std::int32_t __attribute__((vector_size(lanes * sizeof(std::int32_t))));
using Shorts = std::uint16_t __attribute__((vector_size(lanes * sizeof(std::uint16_t))));
using Bytes = std::uint8_t __attribute__((vector_size(lanes)));

inline Vector load(const float* from) {
    return load_pack<lanes>(from);
}

inline Integers load(const std::uint8_t* from) {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    // In two steps, for which GCC has instructions: in one it takes the bytes apart.
    return __builtin_convertvector(__builtin_convertvector(bytes, Shorts), Integers);
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
