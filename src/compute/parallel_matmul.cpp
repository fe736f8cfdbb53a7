#include "compute/parallel_matmul.hpp"

#include <algorithm>
#include <cstring>

#include "core/buffer.hpp"

namespace ensemble::compute {
namespace {

/// Additions and multiplications that are worth a thread: some 40 µs, against two or three for the meeting.
constexpr double least_flops = 4e6;

/// Rows and columns of C come in so many, which is what kernels compute at a time.
constexpr std::size_t row_step = 16;
constexpr std::size_t column_step = 64;

/// Floats of a factor from its first to its last.
std::size_t extent(std::size_t rows, std::size_t columns, Operand factor) {
    return factor.transpose == Transpose::yes ? (columns - 1) * factor.stride + rows
                                              : (rows - 1) * factor.stride + columns;
}

/// Numbers from -1 to 1 that no sum of a few rounds alike.
core::Buffer<float> noise(std::size_t count, std::uint32_t seed) {
    core::Buffer<float> values(count);
    std::uint32_t state = seed;
    std::ranges::generate(values, [&] {
        state = state * 1664525U + 1013904223U;  // Numerical Recipes
        return static_cast<float>(static_cast<std::int32_t>(state)) * 0x1p-31F;
    });
    return values;
}

}  // namespace

ParallelMatMul::ParallelMatMul(core::ThreadPool* pool, const MatMulShape& shape, Operand a, Operand b,
                               std::size_t stride_c, Accumulate accumulate, Precision factors, Along along)
    : pool_(pool),
      shape_(shape),
      a_(a),
      b_(b),
      stride_c_(stride_c),
      accumulate_(accumulate),
      factors_(factors),
      whole_(shape, a, b, stride_c, accumulate, factors) {
    if (pool == nullptr) return;
    const auto parts = std::min(pool->size(), static_cast<std::size_t>(whole_.flops() / least_flops));
    if (parts < 2) return;
    // The longer side leaves less of the factors to be read by all.
    const bool rows_first = along == Along::rows || shape.m >= shape.n;
    for (const bool by_rows : {rows_first, !rows_first}) {
        if (along == Along::rows && !by_rows) continue;
        std::vector<Piece> pieces = cut(by_rows, parts);
        if (pieces.size() < 2 || !gives_same_bits(pieces)) continue;
        parts_ = std::move(pieces);
        return;
    }
}

std::vector<ParallelMatMul::Piece> ParallelMatMul::cut(bool by_rows, std::size_t parts) const {
    std::vector<Piece> pieces;
    for (std::size_t who = 0; who < parts; ++who) {
        const core::Part range =
            by_rows ? core::part_of(shape_.m, parts, who, row_step) : core::part_of(shape_.n, parts, who, column_step);
        if (range.begin == range.end) return {};
        MatMulShape shape = shape_;
        (by_rows ? shape.m : shape.n) = range.end - range.begin;
        const auto along_rows = [](Operand factor) { return factor.transpose == Transpose::yes ? 1 : factor.stride; };
        const auto along_columns = [](Operand factor) {
            return factor.transpose == Transpose::yes ? factor.stride : 1;
        };
        pieces.push_back({.range = range,
                          .product = MatMul(shape, a_, b_, stride_c_, accumulate_, factors_),
                          .offset_a = by_rows ? range.begin * along_rows(a_) : 0,
                          .offset_b = by_rows ? 0 : range.begin * along_columns(b_),
                          .offset_c = by_rows ? range.begin * stride_c_ : range.begin});
    }
    return pieces;
}

bool ParallelMatMul::gives_same_bits(const std::vector<Piece>& parts) const {
    const core::Buffer<float> a = noise(extent(shape_.m, shape_.k, a_), 1);
    const core::Buffer<float> b = noise(extent(shape_.k, shape_.n, b_), 2);
    core::Buffer<float> expected = noise((shape_.m - 1) * stride_c_ + shape_.n, 3);
    core::Buffer<float> found = expected;
    const auto multiply = [&](const auto* left, const auto* right) {
        whole_(left, right, expected.data());
        for (const Piece& piece : parts)
            piece.product(left + piece.offset_a, right + piece.offset_b, found.data() + piece.offset_c);
    };
    if (factors_ == Precision::bf16) {
        core::Buffer<Bfloat16> narrow_a(a.size());
        core::Buffer<Bfloat16> narrow_b(b.size());
        narrow(a, narrow_a);
        narrow(b, narrow_b);
        multiply(narrow_a.data(), narrow_b.data());
    } else {
        multiply(a.data(), b.data());
    }
    return std::memcmp(expected.data(), found.data(), found.size() * sizeof(float)) == 0;
}

core::Part ParallelMatMul::rows_of(std::size_t who) const {
    if (parts_.empty()) return who == 0 ? core::Part{0, shape_.m} : core::Part{};
    return who < parts_.size() ? parts_[who].range : core::Part{};
}

}  // namespace ensemble::compute
