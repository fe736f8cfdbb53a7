#include "compute/small_matmul.hpp"

#include <algorithm>
#include <utility>

#include "compute/transpose.hpp"
#include "compute/vector.hpp"

namespace ensemble::compute {
namespace {

/// Floats of a register, and registers, of the instruction set that is compiled for.
#if defined(__AVX512F__)
constexpr std::size_t widest = 16;
constexpr std::size_t registers = 32;
#elif defined(__AVX__)
constexpr std::size_t widest = 8;
constexpr std::size_t registers = 16;
#else
constexpr std::size_t widest = 4;
constexpr std::size_t registers = 16;
#endif

/// Columns of C that are computed at a time, in registers, and rows: as many as leave registers for the factors.
constexpr std::size_t most_packs = registers / 8;
constexpr std::size_t rows_of(std::size_t packs) {
    return packs == 0 ? 1 : std::min<std::size_t>((registers - packs - 2) / packs, 12);
}

/// B as it is read: plain. A in either order.
struct Factors {
    const float* a;
    std::size_t along_m;  ///< from one row of op(A) to the next
    std::size_t along_k;
    const float* b;
    std::size_t stride_b;
    float* c;
    std::size_t stride_c;
    std::size_t m;
    std::size_t n;
    std::size_t k;
    Accumulate accumulate;
};

/// Rows of C from `row` on, columns from `first` on. The last pack begins at `last`, where it overlaps the one before:
/// both are read before either is written.
template <std::size_t Lanes, std::size_t Rows, std::size_t Packs>
void multiply_tile(const Factors& f, std::size_t row, std::size_t first, std::size_t last) {
    const auto at = [&](std::size_t pack) { return pack + 1 == Packs ? last : first + pack * Lanes; };
    Pack<Lanes> sums[Rows][Packs]{};
    float* c = f.c + row * f.stride_c;
    if (f.accumulate == Accumulate::yes) {
        for (std::size_t r = 0; r < Rows; ++r)
            for (std::size_t p = 0; p < Packs; ++p) sums[r][p] = load_pack<Lanes>(c + r * f.stride_c + at(p));
    }
    const float* a = f.a + row * f.along_m;
    const float* b = f.b;
    for (std::size_t k = 0; k < f.k; ++k, a += f.along_k, b += f.stride_b) {
        Pack<Lanes> columns[Packs];
        for (std::size_t p = 0; p < Packs; ++p) columns[p] = load_pack<Lanes>(b + at(p));
        for (std::size_t r = 0; r < Rows; ++r)
            for (std::size_t p = 0; p < Packs; ++p)
                sums[r][p] = plus_product<Lanes>(sums[r][p], pack_of<Lanes>(a[r * f.along_m]), columns[p]);
    }
    for (std::size_t r = 0; r < Rows; ++r)
        for (std::size_t p = 0; p < Packs; ++p) store_pack<Lanes>(sums[r][p], c + r * f.stride_c + at(p));
}

template <std::size_t Lanes, std::size_t Packs>
void multiply_columns(const Factors& f, std::size_t first, std::size_t last) {
    constexpr std::size_t most = rows_of(Packs);
    constexpr std::size_t few = 4;
    std::size_t row = 0;
    for (; row + most <= f.m; row += most) multiply_tile<Lanes, most, Packs>(f, row, first, last);
    if constexpr (most > few)
        for (; row + few <= f.m; row += few) multiply_tile<Lanes, few, Packs>(f, row, first, last);
    for (; row < f.m; ++row) multiply_tile<Lanes, 1, Packs>(f, row, first, last);
}

/// multiply_columns() with as many packs as are asked for.
template <std::size_t Lanes, std::size_t... Packs>
void multiply_packs(const Factors& f, std::size_t packs, std::size_t first, std::size_t last,
                    std::index_sequence<Packs...>) {
    static_cast<void>(((packs == Packs + 1 && (multiply_columns<Lanes, Packs + 1>(f, first, last), true)) || ...));
}

template <std::size_t Lanes>
void multiply_in_packs(const Factors& f) {
    std::size_t first = 0;
    while (first < f.n) {
        const std::size_t left = (f.n - first + Lanes - 1) / Lanes;
        // The last pack needs one before it at its side: alone it would add to columns that are finished.
        const std::size_t packs = left == most_packs + 1 ? most_packs - 1 : std::min(left, most_packs);
        const std::size_t last = std::min(first + (packs - 1) * Lanes, f.n - Lanes);
        multiply_packs<Lanes>(f, packs, first, last, std::make_index_sequence<most_packs>());
        first += packs * Lanes;
    }
}

/// In the widest packs that n columns fill.
template <std::size_t Lanes = widest>
void multiply(const Factors& f) {
    if constexpr (Lanes > 1) {
        if (f.n < Lanes) return multiply<Lanes / 2>(f);
    }
    multiply_in_packs<Lanes>(f);
}

/// Rows of op(A) with k neighbouring numbers each, and columns of op(B) likewise.
struct Lines {
    const float* a;
    std::size_t stride_a;
    const float* b;
    std::size_t stride_b;
    float* c;
    std::size_t stride_c;
    std::size_t k;
    Accumulate accumulate;
};

template <std::size_t Rows, std::size_t Columns>
void multiply_lines(const Lines& f, std::size_t row, std::size_t column) {
    const float* a = f.a + row * f.stride_a;
    const float* b = f.b + column * f.stride_b;
    Pack<widest> sums[Rows][Columns]{};
    std::size_t k = 0;
    for (; k + widest <= f.k; k += widest) {
        Pack<widest> factors[Columns];
        for (std::size_t n = 0; n < Columns; ++n) factors[n] = load_pack<widest>(b + n * f.stride_b + k);
        for (std::size_t m = 0; m < Rows; ++m) {
            const Pack<widest> x = load_pack<widest>(a + m * f.stride_a + k);
            for (std::size_t n = 0; n < Columns; ++n) sums[m][n] = plus_product<widest>(sums[m][n], x, factors[n]);
        }
    }
    Pack<1> rest[Rows][Columns]{};
    for (; k < f.k; ++k)
        for (std::size_t m = 0; m < Rows; ++m)
            for (std::size_t n = 0; n < Columns; ++n)
                rest[m][n] = plus_product<1>(rest[m][n], load_pack<1>(a + m * f.stride_a + k),
                                             load_pack<1>(b + n * f.stride_b + k));
    for (std::size_t m = 0; m < Rows; ++m) {
        for (std::size_t n = 0; n < Columns; ++n) {
            float& c = f.c[(row + m) * f.stride_c + column + n];
            const float product = sum_of<widest>(sums[m][n]) + rest[m][n][0];
            c = f.accumulate == Accumulate::yes ? c + product : product;
        }
    }
}

template <std::size_t Columns>
void multiply_lines(const Lines& f, std::size_t rows, std::size_t column) {
    constexpr std::size_t most = registers / 8;
    std::size_t row = 0;
    for (; row + most <= rows; row += most) multiply_lines<most, Columns>(f, row, column);
    for (; row < rows; ++row) multiply_lines<1, Columns>(f, row, column);
}

}  // namespace

bool SmallMatMul::suits(const MatMulShape& shape) noexcept {
    // Up to here it is as fast as the library's kernels, and faster where those copy a factor first.
    constexpr std::size_t most_elements = 64 * 128;
    return shape.n * shape.k <= most_elements;
}

SmallMatMul::SmallMatMul(const MatMulShape& shape, Operand a, Operand b, std::size_t stride_c, Accumulate accumulate)
    : shape_(shape), a_(a), b_(b), stride_c_(stride_c), accumulate_(accumulate), way_(way_of()) {
    const bool turns_b = (b.transpose == Transpose::yes) != (way_ == Way::dot_products);
    if (way_ == Way::turned) {
        room_.resize(shape.n * core::row_stride(shape.m));
    } else if (turns_b) {
        room_.resize(way_ == Way::dot_products ? shape.n * core::row_stride(shape.k)
                                               : shape.k * core::row_stride(shape.n));
    }
}

SmallMatMul::Way SmallMatMul::way_of() const noexcept {
    if (shape_.n >= widest) return Way::columns;
    if (a_.transpose == Transpose::yes)
        return b_.transpose == Transpose::no && shape_.m >= widest ? Way::turned : Way::columns;
    // Cycles for a row of C: of the sums over a register at the end of dot products, against columns that leave
    // most of a register empty.
    constexpr std::size_t cycles_of_sum = 8;
    const std::size_t in_lines = shape_.n * (shape_.k / (2 * widest) + cycles_of_sum);
    const std::size_t packs = shape_.n < widest / 2 ? 1 : 2;
    return in_lines < packs * shape_.k / 2 ? Way::dot_products : Way::columns;
}

void SmallMatMul::operator()(const float* a, const float* b, float* c) {
    if (way_ == Way::turned) return turn(a, b, c);
    if (way_ == Way::dot_products) return take_dot_products(a, b, c);
    std::size_t stride_b = b_.stride;
    if (b_.transpose == Transpose::yes) {
        stride_b = core::row_stride(shape_.n);
        transpose(b, b_.stride, shape_.n, shape_.k, room_.data(), stride_b);
        b = room_.data();
    }
    const bool turned = a_.transpose == Transpose::yes;
    multiply({.a = a,
              .along_m = turned ? 1 : a_.stride,
              .along_k = turned ? a_.stride : 1,
              .b = b,
              .stride_b = stride_b,
              .c = c,
              .stride_c = stride_c_,
              .m = shape_.m,
              .n = shape_.n,
              .k = shape_.k,
              .accumulate = accumulate_});
}

/// Cᵀ = op(B)ᵀ · op(A)ᵀ.
void SmallMatMul::turn(const float* a, const float* b, float* c) {
    const std::size_t stride = core::row_stride(shape_.m);
    if (accumulate_ == Accumulate::yes) transpose(c, stride_c_, shape_.m, shape_.n, room_.data(), stride);
    multiply({.a = b,
              .along_m = 1,
              .along_k = b_.stride,
              .b = a,
              .stride_b = a_.stride,
              .c = room_.data(),
              .stride_c = stride,
              .m = shape_.n,
              .n = shape_.m,
              .k = shape_.k,
              .accumulate = accumulate_});
    transpose(room_.data(), stride, shape_.n, shape_.m, c, stride_c_);
}

void SmallMatMul::take_dot_products(const float* a, const float* b, float* c) {
    std::size_t stride_b = b_.stride;
    if (b_.transpose == Transpose::no) {
        stride_b = core::row_stride(shape_.k);
        transpose(b, b_.stride, shape_.k, shape_.n, room_.data(), stride_b);
        b = room_.data();
    }
    const Lines lines{.a = a,
                      .stride_a = a_.stride,
                      .b = b,
                      .stride_b = stride_b,
                      .c = c,
                      .stride_c = stride_c_,
                      .k = shape_.k,
                      .accumulate = accumulate_};
    constexpr std::size_t most = 5;
    std::size_t column = 0;
    for (; column + most <= shape_.n; column += most) multiply_lines<most>(lines, shape_.m, column);
    for (; column + 2 <= shape_.n; column += 2) multiply_lines<2>(lines, shape_.m, column);
    for (; column < shape_.n; ++column) multiply_lines<1>(lines, shape_.m, column);
}

}  // namespace ensemble::compute
