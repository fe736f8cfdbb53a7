#include "compute/elementwise.hpp"

#include <algorithm>

#include "compute/vector.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

/// Sums of neighbouring columns stay in registers while the rows pass by. `last`: where the last pack begins, which
/// overlaps the one before.
template <std::size_t Lanes, std::size_t Packs>
void add_up_columns(const Rows& rows, Accumulate accumulate, std::size_t first, std::size_t last, float* to) {
    const auto at = [&](std::size_t pack) { return pack + 1 == Packs ? last : first + pack * Lanes; };
    Pack<Lanes> sums[Packs];
    std::size_t row = 0;
    if (accumulate == Accumulate::yes) {
        for (std::size_t pack = 0; pack < Packs; ++pack) sums[pack] = load_pack<Lanes>(to + at(pack));
    } else {
        for (std::size_t pack = 0; pack < Packs; ++pack) sums[pack] = load_pack<Lanes>(rows.data + at(pack));
        row = 1;
    }
    for (; row < rows.count; ++row) {
        const float* from = rows.data + row * rows.stride;
        for (std::size_t pack = 0; pack < Packs; ++pack) sums[pack] += load_pack<Lanes>(from + at(pack));
    }
    for (std::size_t pack = 0; pack < Packs; ++pack) store_pack<Lanes>(sums[pack], to + at(pack));
}

template <std::size_t Lanes>
void add_up(const Rows& rows, Accumulate accumulate, float* to) {
    std::size_t first = 0;
    while (first < rows.width) {
        const std::size_t left = (rows.width - first + Lanes - 1) / Lanes;
        // The last pack needs the one before at its side, whose sums it would otherwise find and add to again.
        const std::size_t packs = left == 5 ? 3 : std::min<std::size_t>(left, 4);
        const std::size_t last = std::min(first + (packs - 1) * Lanes, rows.width - Lanes);
        switch (packs) {
            case 1:
                add_up_columns<Lanes, 1>(rows, accumulate, first, last, to);
                break;
            case 2:
                add_up_columns<Lanes, 2>(rows, accumulate, first, last, to);
                break;
            case 3:
                add_up_columns<Lanes, 3>(rows, accumulate, first, last, to);
                break;
            default:
                add_up_columns<Lanes, 4>(rows, accumulate, first, last, to);
        }
        first += packs * Lanes;
    }
}

}  // namespace

void add_to_rows(std::span<const float> from, const Rows& to) {
    core::require(from.size() == to.width, "what is added to rows is as wide as they are");
    for (std::size_t row = 0; row < to.count; ++row) {
        transform(to[row], [&]<class P>(std::size_t i, const P& x) { return x + load_as<P>(from.data() + i); });
    }
}

void add_up_rows(const Rows& rows, Accumulate accumulate, std::span<float> to) {
    core::require(to.size() == rows.width && rows.count > 0, "there are rows, and a sum for each of their columns");
    constexpr std::size_t wide = 16;
    constexpr std::size_t narrow = 4;
    if (rows.width >= wide) return add_up<wide>(rows, accumulate, to.data());
    if (rows.width >= narrow) return add_up<narrow>(rows, accumulate, to.data());
    add_up<1>(rows, accumulate, to.data());
}

void sum(std::span<const float> a, const float* __restrict b, float* __restrict to) {
    const float* __restrict x = a.data();
    for (std::size_t i = 0; i < a.size(); ++i) to[i] = x[i] + b[i];
}

void subtract_from(std::span<const float> a, float* __restrict b) {
    const float* __restrict x = a.data();
    for (std::size_t i = 0; i < a.size(); ++i) b[i] = x[i] - b[i];
}

void add_and_rectify(std::span<const float> from, float* __restrict to) {
    const float* __restrict x = from.data();
    for (std::size_t i = 0; i < from.size(); ++i) {
        const float sum = to[i] + x[i];
        to[i] = sum < 0.0F ? 0.0F : sum;
    }
}

void multiply(std::span<float> values, const float* __restrict factors) {
    float* __restrict x = values.data();
#pragma omp simd
    for (std::size_t i = 0; i < values.size(); ++i) x[i] *= factors[i];
}

void add_squares(std::span<const float> values, float* __restrict sums) {
    const float* __restrict x = values.data();
#pragma omp simd
    for (std::size_t i = 0; i < values.size(); ++i) sums[i] += x[i] * x[i];
}

double plus_squares(double sum, std::span<const float> values) {
    for (const float value : values) sum += static_cast<double>(value) * value;
    return sum;
}

float squared_distance(std::span<const float> a, const float* b) {
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (std::size_t i = 0; i < a.size(); ++i) {
        const float error = a[i] - b[i];
        squares += error * error;
    }
    return squares;
}

void blend(std::span<const float> values, float alpha, std::span<float> mean) {
    core::require(values.size() == mean.size(), "a mean is as long as what it is taken of");
    const float* __restrict w = values.data();
    float* __restrict a = mean.data();
#pragma omp simd
    for (std::size_t i = 0; i < values.size(); ++i) a[i] += alpha * (w[i] - a[i]);
}

void step_by_sign(std::span<const float> direction, const float* __restrict distances, float* __restrict to) {
    const float* __restrict x = direction.data();
    for (std::size_t i = 0; i < direction.size(); ++i) {
        const float up = x[i] > 0 ? distances[i] : 0.0F;
        const float down = x[i] < 0 ? distances[i] : 0.0F;
        to[i] += up - down;
    }
}

void take_larger(std::span<const float> next, std::uint8_t piece, float* __restrict largest,
                 std::uint8_t* __restrict pieces) {
    for (std::size_t i = 0; i < next.size(); ++i) {
        const bool larger = next[i] > largest[i] || next[i] != next[i];
        largest[i] = larger ? next[i] : largest[i];
        pieces[i] = larger ? piece : pieces[i];
    }
}

void take_where(std::span<const float> from, const std::uint8_t* __restrict pieces, std::uint8_t piece,
                float* __restrict to) {
    const float* __restrict x = from.data();
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = pieces[i] == piece ? x[i] : 0.0F;
}

}  // namespace ensemble::compute
