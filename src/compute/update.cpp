#include "compute/update.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

// Each loop states that its arrays do not overlap: only then does the compiler use vectors without asking at run time.
namespace ensemble::compute {
namespace {

/// Calls loop(begin, end) over all parameters. Where they have a copy in bf16 it is written piece by piece, while what
/// is new is in the nearest cache.
template <class Loop>
void in_pieces(const Stretch& stretch, const Loop& loop) {
    const std::size_t size = stretch.parameters.size();
    if (stretch.narrow.empty()) return loop(std::size_t{0}, size);
    constexpr std::size_t piece = 1024;
    for (std::size_t begin = 0; begin < size; begin += piece) {
        const std::size_t count = std::min(piece, size - begin);
        loop(begin, begin + count);
        narrow(stretch.parameters.subspan(begin, count), stretch.narrow.subspan(begin, count));
    }
}

}  // namespace

void update_sgd(const Stretch& stretch, float rate, float penalty) {
    float* __restrict w = stretch.parameters.data();
    const float* __restrict g = stretch.gradients.data();
    in_pieces(stretch, [=](std::size_t begin, std::size_t end) {
#pragma omp simd
        for (std::size_t i = begin; i < end; ++i) w[i] -= rate * (g[i] + penalty * w[i]);
    });
}

void update_momentum(const Stretch& stretch, float rate, float penalty, float mu) {
    float* __restrict w = stretch.parameters.data();
    float* __restrict m = stretch.first_moment.data();
    const float* __restrict g = stretch.gradients.data();
    in_pieces(stretch, [=](std::size_t begin, std::size_t end) {
#pragma omp simd
        for (std::size_t i = begin; i < end; ++i) {
            m[i] = mu * m[i] + (g[i] + penalty * w[i]);
            w[i] -= rate * m[i];
        }
    });
}

void update_rmsprop(const Stretch& stretch, float rate, float penalty, Decays rho, float epsilon) {
    float* __restrict w = stretch.parameters.data();
    float* __restrict v = stretch.second_moment.data();
    const float* __restrict g = stretch.gradients.data();
    in_pieces(stretch, [=](std::size_t begin, std::size_t end) {
#pragma omp simd
        for (std::size_t i = begin; i < end; ++i) {
            const float gradient = g[i] + penalty * w[i];
            v[i] = rho.keep * v[i] + rho.take * gradient * gradient;
            w[i] -= rate * gradient / (std::sqrt(v[i]) + epsilon);
        }
    });
}

void update_adam(const Stretch& stretch, float rate, float penalty, float decay, Decays beta1, Decays beta2,
                 float epsilon) {
    float* __restrict w = stretch.parameters.data();
    float* __restrict m = stretch.first_moment.data();
    float* __restrict v = stretch.second_moment.data();
    const float* __restrict g = stretch.gradients.data();
    in_pieces(stretch, [=](std::size_t begin, std::size_t end) {
#pragma omp simd
        for (std::size_t i = begin; i < end; ++i) {
            const float gradient = g[i] + penalty * w[i];
            m[i] = beta1.keep * m[i] + beta1.take * gradient;
            v[i] = beta2.keep * v[i] + beta2.take * gradient * gradient;
            w[i] -= decay * w[i] + rate * m[i] / (std::sqrt(v[i]) + epsilon);
        }
    });
}

void update_ascending(const Stretch& stretch, float rate, float decay, float mu) {
    float* __restrict w = stretch.parameters.data();
    float* __restrict m = stretch.first_moment.data();
    const float* __restrict g = stretch.gradients.data();
#pragma omp simd
    for (std::size_t i = 0; i < stretch.parameters.size(); ++i) {
        m[i] = mu * m[i] + rate * g[i] - decay * w[i];
        w[i] += m[i];
    }
}

}  // namespace ensemble::compute
