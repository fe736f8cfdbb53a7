#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "compute/matmul_shape.hpp"
#include "compute/precision.hpp"

namespace ensemble::compute {

/// C [m×n] = op(A) [m×k] · op(B) [k×n], or C += …: compiled once for its shape, run many times. C and the sums are in
/// single precision, the factors in the one that is asked for.
/// What the kernel needs while it runs is its own memory, so that it runs on any thread, on one at a time.
/// The same shape, strides and data give the same bits on the same instruction set.
class MatMul {
public:
    /// REQUIRES: m, n, k > 0; strides no smaller than the rows they separate.
    MatMul(const MatMulShape& shape, Operand a, Operand b, std::size_t stride_c, Accumulate accumulate,
           Precision factors = Precision::f32);
    ~MatMul();
    MatMul(MatMul&&) noexcept;
    MatMul& operator=(MatMul&&) noexcept;

    /// REQUIRES: factors of the precision it was made for.
    void operator()(const float* a, const float* b, float* c) const;
    void operator()(const Bfloat16* a, const Bfloat16* b, float* c) const;

    /// Floating-point operations of one run: 2·m·n·k.
    [[nodiscard]] double flops() const noexcept;

    /// Name of the kernel, the library's or our own, for benchmarks and bug reports.
    [[nodiscard]] const char* kernel() const noexcept;

private:
    struct Impl;

    void execute(const void* a, const void* b, float* c) const;

    std::unique_ptr<Impl> impl_;
};

}  // namespace ensemble::compute
