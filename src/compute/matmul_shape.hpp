#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/accumulate.hpp"

namespace ensemble::compute {

enum class Transpose : std::uint8_t { no, yes };

/// A factor of a product: how it lies in memory, and whether it is read transposed.
struct Operand {
    std::size_t stride = 0;  ///< elements between two rows as they lie in memory
    Transpose transpose = Transpose::no;
};

/// Of C [m×n] = op(A) [m×k] · op(B) [k×n].
struct MatMulShape {
    std::size_t m = 0;
    std::size_t n = 0;
    std::size_t k = 0;
};

}  // namespace ensemble::compute
