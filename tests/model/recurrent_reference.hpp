#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "model/gradient.hpp"

namespace ensemble::testing {

/// A sequence as the plain reference below has it, in double precision: [steps][features].
using Sequence = std::vector<std::vector<double>>;

/// A parameter block by its name.
inline const model::ParameterBlock& block_of(const Bench& bench, const std::string& name) {
    for (const auto& block : bench.network.blocks())
        if (block.name == name) return block;
    BOOST_REQUIRE_MESSAGE(false, "there is no block " << name);
    return bench.network.blocks().front();
}

/// sums[j] = Σ x[k]·W[k, first + j], one for each unit of a gate.
inline std::vector<double> multiplied(const std::vector<double>& x, const Bench& bench, const std::string& name,
                                      std::size_t first, std::size_t units) {
    const auto& block = block_of(bench, name);
    BOOST_TEST_REQUIRE(block.rows == x.size());
    std::vector<double> sums(units, 0);
    for (std::size_t j = 0; j < units; ++j) {
        for (std::size_t k = 0; k < x.size(); ++k)
            sums[j] += x[k] * double(bench.parameters[block.offset + k * block.stride + first + j]);
    }
    return sums;
}

inline std::vector<double> bias_of(const Bench& bench, const std::string& name, std::size_t first, std::size_t units) {
    const auto& block = block_of(bench, name);
    std::vector<double> values(units);
    for (std::size_t j = 0; j < units; ++j) values[j] = bench.parameters[block.offset + first + j];
    return values;
}

inline double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

/// The states of a recurrent layer, written down from its definition, one unit after the other.
inline Sequence states_of(const std::string& kind, const std::string& name, const Bench& bench, const Sequence& x,
                          std::size_t units) {
    std::vector<double> h(units, 0);
    std::vector<double> c(units, 0);
    Sequence all;
    const auto from_x = [&](std::size_t t, std::size_t gate) {
        return multiplied(x[t], bench, name + ".weight", gate * units, units);
    };
    const auto from_h = [&](std::size_t gate) {
        return multiplied(h, bench, name + ".recurrent", gate * units, units);
    };
    for (std::size_t t = 0; t < x.size(); ++t) {
        std::vector<double> next(units);
        if (kind == "rnn") {
            const auto a = from_x(t, 0);
            const auto b = from_h(0);
            const auto bias = bias_of(bench, name + ".bias", 0, units);
            for (std::size_t j = 0; j < units; ++j) next[j] = std::tanh(a[j] + b[j] + bias[j]);
        } else if (kind == "lstm") {
            const std::vector<std::vector<double>> biases{
                bias_of(bench, name + ".input_bias", 0, units), bias_of(bench, name + ".forget_bias", 0, units),
                bias_of(bench, name + ".bias", 0, units), bias_of(bench, name + ".bias", units, units)};
            Sequence gates;
            for (std::size_t gate = 0; gate < 4; ++gate) {
                gates.push_back(from_x(t, gate));
                const auto b = from_h(gate);
                for (std::size_t j = 0; j < units; ++j) gates[gate][j] += b[j] + biases[gate][j];
            }
            for (std::size_t j = 0; j < units; ++j) {
                c[j] = sigmoid(gates[1][j]) * c[j] + sigmoid(gates[0][j]) * std::tanh(gates[2][j]);
                next[j] = sigmoid(gates[3][j]) * std::tanh(c[j]);
            }
        } else {
            const auto bias = [&](std::size_t gate) { return bias_of(bench, name + ".bias", gate * units, units); };
            const auto xn = from_x(t, 0);
            const auto xr = from_x(t, 1);
            const auto xz = from_x(t, 2);
            const auto hr = from_h(0);
            const auto hz = from_h(1);
            const auto hm = from_h(2);
            for (std::size_t j = 0; j < units; ++j) {
                const double r = sigmoid(xr[j] + hr[j] + bias(1)[j]);
                const double z = sigmoid(xz[j] + hz[j] + bias(2)[j]);
                const double n = std::tanh(xn[j] + bias(0)[j] + r * (hm[j] + bias(3)[j]));
                next[j] = (1 - z) * n + z * h[j];
            }
        }
        h = next;
        all.push_back(h);
    }
    return all;
}

/// Runs `text` on items of `shape` and holds every answer against `reference`, what the layers before the output layer
/// make of one item, in the order of memory.
inline void check_states(const std::string& text, const core::Shape& shape,
                         const std::function<std::vector<double>(const Sequence&, const Bench&)>& reference) {
    Bench bench(text, 3, shape);
    static_cast<void>(bench.loss(Mode::evaluate));
    const auto x = bench.program.input();
    const auto y = bench.program.output();
    const auto blocks = bench.network.blocks();
    for (std::size_t row = 0; row < x.count; ++row) {
        Sequence sequence;
        const std::size_t features = shape.elements() / shape[0];
        for (std::size_t t = 0; t < shape[0]; ++t)
            sequence.emplace_back(x[row].begin() + std::ptrdiff_t(t * features),
                                  x[row].begin() + std::ptrdiff_t((t + 1) * features));
        const auto behind = reference(sequence, bench);
        const auto sums = multiplied(behind, bench, blocks[blocks.size() - 2].name, 0, outputs);
        const auto bias = bias_of(bench, blocks[blocks.size() - 1].name, 0, outputs);
        for (std::size_t o = 0; o < outputs; ++o) {
            BOOST_TEST(std::abs(y[row][o] - sums[o] - bias[o]) < 2e-5,
                       text << " on " << shape.text() << ": " << y[row][o] << " instead of " << sums[o] + bias[o]);
        }
    }
}

}  // namespace ensemble::testing
