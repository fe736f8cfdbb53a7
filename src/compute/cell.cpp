#include "compute/cell.hpp"

#include <array>

#include "compute/elementary.hpp"

namespace ensemble::compute {
namespace {

/// The columns of each of four gates of one row.
std::array<float*, 4> four_gates(float* gates, std::size_t units) {
    return {gates, gates + units, gates + 2 * units, gates + 3 * units};
}

void rnn_forward(std::size_t units, const float* __restrict bias, float* __restrict a, float* __restrict h) {
#pragma omp simd
    for (std::size_t j = 0; j < units; ++j) {
        a[j] = hyperbolic_tangent(a[j] + bias[j]);
        h[j] = a[j];
    }
}

void rnn_backward(std::size_t units, float* __restrict a, const float* __restrict dh) {
#pragma omp simd
    for (std::size_t j = 0; j < units; ++j) a[j] = dh[j] * (1.0F - a[j] * a[j]);
}

void lstm_forward(std::size_t units, const float* __restrict bias, float* __restrict gates,
                  const float* __restrict c_before, float* __restrict c_after, float* __restrict h) {
    const auto [input, forget, candidate, output] = four_gates(gates, units);
#pragma omp simd
    for (std::size_t j = 0; j < units; ++j) {
        const float i = logistic(input[j] + bias[j]);
        const float f = logistic(forget[j] + bias[units + j]);
        const float g = hyperbolic_tangent(candidate[j] + bias[2 * units + j]);
        const float o = logistic(output[j] + bias[3 * units + j]);
        const float c = f * c_before[j] + i * g;
        input[j] = i;
        forget[j] = f;
        candidate[j] = g;
        output[j] = o;
        c_after[j] = c;
        h[j] = o * hyperbolic_tangent(c);
    }
}

void lstm_backward(std::size_t units, float* __restrict gates, const float* __restrict c_before,
                   const float* __restrict c_after, const float* __restrict dh, float* __restrict dc) {
    const auto [input, forget, candidate, output] = four_gates(gates, units);
#pragma omp simd
    for (std::size_t j = 0; j < units; ++j) {
        const float i = input[j];
        const float f = forget[j];
        const float g = candidate[j];
        const float o = output[j];
        const float t = hyperbolic_tangent(c_after[j]);
        const float of_c = dc[j] + dh[j] * o * (1.0F - t * t);
        input[j] = of_c * g * i * (1.0F - i);
        forget[j] = of_c * c_before[j] * f * (1.0F - f);
        candidate[j] = of_c * i * (1.0F - g * g);
        output[j] = dh[j] * t * o * (1.0F - o);
        dc[j] = of_c * f;
    }
}

void gru_forward(std::size_t units, const float* __restrict bias, float* __restrict gates,
                 const float* __restrict before, float* __restrict after) {
    const auto [candidate, reset, update, memory] = four_gates(gates, units);
#pragma omp simd
    for (std::size_t j = 0; j < units; ++j) {
        const float r = logistic(reset[j] + bias[units + j]);
        const float z = logistic(update[j] + bias[2 * units + j]);
        const float m = memory[j] + bias[3 * units + j];
        const float n = hyperbolic_tangent(candidate[j] + bias[j] + r * m);
        candidate[j] = n;
        reset[j] = r;
        update[j] = z;
        memory[j] = m;
        after[j] = n + z * (before[j] - n);
    }
}

void gru_backward(std::size_t units, float* __restrict gates, const float* __restrict before, float* __restrict dh) {
    const auto [candidate, reset, update, memory] = four_gates(gates, units);
#pragma omp simd
    for (std::size_t j = 0; j < units; ++j) {
        const float n = candidate[j];
        const float r = reset[j];
        const float z = update[j];
        const float m = memory[j];
        const float of_n = dh[j] * (1.0F - z) * (1.0F - n * n);
        candidate[j] = of_n;
        reset[j] = of_n * m * r * (1.0F - r);
        update[j] = dh[j] * (before[j] - n) * z * (1.0F - z);
        memory[j] = of_n * r;
        dh[j] *= z;
    }
}

}  // namespace

std::size_t gates_of(Cell cell) noexcept {
    return cell == Cell::rnn ? 1 : 4;
}

void cell_forward(Cell cell, const float* bias, const CellStep& step) {
    const std::size_t units = step.after.width;
    for (std::size_t row = 0; row < step.gates.count; ++row) {
        float* gates = step.gates[row].data();
        float* after = step.after[row].data();
        switch (cell) {
            case Cell::rnn:
                rnn_forward(units, bias, gates, after);
                break;
            case Cell::lstm:
                lstm_forward(units, bias, gates, step.cell_before[row].data(), step.cell_after[row].data(), after);
                break;
            case Cell::gru:
                gru_forward(units, bias, gates, step.before[row].data(), after);
                break;
        }
    }
}

void cell_backward(Cell cell, const CellStep& step, const Rows& dh, const Rows& dc) {
    const std::size_t units = dh.width;
    for (std::size_t row = 0; row < step.gates.count; ++row) {
        float* gates = step.gates[row].data();
        switch (cell) {
            case Cell::rnn:
                rnn_backward(units, gates, dh[row].data());
                break;
            case Cell::lstm:
                lstm_backward(units, gates, step.cell_before[row].data(), step.cell_after[row].data(), dh[row].data(),
                              dc[row].data());
                break;
            case Cell::gru:
                gru_backward(units, gates, step.before[row].data(), dh[row].data());
                break;
        }
    }
}

}  // namespace ensemble::compute
