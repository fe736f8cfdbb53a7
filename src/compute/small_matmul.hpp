#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/matmul_shape.hpp"
#include "core/buffer.hpp"

namespace ensemble::compute {

/// C = op(A) · op(B), or C += …, in single precision where B is small: without the calls and copies that cost the
/// library as much as the arithmetic, and without the code it would write when it is first used (25 ms).
/// Every element is a sum in an order that k, n and the operands alone decide: rows have the same bits however many
/// there are.
class SmallMatMul {
public:
    /// Whether this is the way to compute products of such a shape; says nothing of m.
    [[nodiscard]] static bool suits(const MatMulShape& shape) noexcept;

    /// REQUIRES: as MatMul.
    SmallMatMul(const MatMulShape& shape, Operand a, Operand b, std::size_t stride_c, Accumulate accumulate);

    void operator()(const float* a, const float* b, float* c);

private:
    enum class Way : std::uint8_t {
        columns,       ///< neighbouring columns of C in a register, B read row by row
        turned,        ///< as columns, of C transposed: C has few columns, and A is read transposed anyway
        dot_products,  ///< neighbouring k in a register: C has few columns
    };

    [[nodiscard]] Way way_of() const noexcept;
    void turn(const float* a, const float* b, float* c);
    void take_dot_products(const float* a, const float* b, float* c);

    MatMulShape shape_;
    Operand a_;
    Operand b_;
    std::size_t stride_c_;
    Accumulate accumulate_;
    Way way_;
    core::Buffer<float> room_;  ///< for B, or C, transposed
};

}  // namespace ensemble::compute
