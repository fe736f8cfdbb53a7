#include "compute/elementwise.hpp"

#include "core/contract.hpp"

namespace ensemble::compute {

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
