#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "compute/precision.hpp"

namespace ensemble::compute {

enum class Transpose : std::uint8_t { no, yes };

/// Whether a result replaces what was there or is added to it.
enum class Accumulate : std::uint8_t { no, yes };

/// A factor of a product: how it lies in memory, and whether it is read transposed.
struct Operand {
    std::size_t stride = 0;  ///< elements between two rows as they lie in memory
    Transpose transpose = Transpose::no;
};

struct MatMulShape {
    std::size_t m = 0;
    std::size_t n = 0;
    std::size_t k = 0;
};

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

    /// Name of the library's kernel, for benchmarks and bug reports.
    [[nodiscard]] const char* kernel() const noexcept;

private:
    struct Impl;

    void execute(const void* a, const void* b, float* c) const;

    std::unique_ptr<Impl> impl_;
};

}  // namespace ensemble::compute
