#include "model/dense_stack.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "compute/activation.hpp"
#include "compute/elementwise.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"

namespace ensemble::model {
namespace {

constexpr std::array<std::string_view, 10> harmless{"flatten",    "dropout", "sigmoid", "tanh", "relu",
                                                    "leaky_relu", "elu",     "gelu",    "silu", "softplus"};

/// Counts the dense layers of `items`, repeats included.
std::size_t count_dense(const Items& items) {
    std::size_t count = 0;
    for (const Item& item : items) {
        if (item.name == "dense") {
            ++count;
        } else if (item.name == "repeat") {
            count += static_cast<std::size_t>(item.arguments[0]) * count_dense(item.branches[0]);
        } else if (std::ranges::find(harmless, item.name) == harmless.end()) {
            core::fail(
                core::Failure::usage,
                "--init rbm: network, line {}, column {}: {} cannot be started with Boltzmann machines; they are "
                "for stacks of dense layers with activations, dropout and flatten in between (or choose another "
                "--init)",
                item.line, item.column, item.name);
        }
    }
    return count;
}

}  // namespace

std::vector<DenseLayer> hidden_dense_layers(const Network& network) {
    const std::size_t hidden = count_dense(network.items()) - 1;  // the last one is the output layer
    if (hidden == 0) {
        core::fail(core::Failure::usage,
                   "--init rbm: there is no hidden dense layer in {} to start with a Boltzmann machine; add one, or "
                   "choose another --init",
                   network.text());
    }
    const auto blocks = network.blocks();
    core::require(blocks.size() == 2 * (hidden + 1), "a dense layer has weights and biases");
    std::vector<DenseLayer> layers;
    for (std::size_t layer = 0; layer < hidden; ++layer) layers.push_back({blocks[2 * layer], blocks[2 * layer + 1]});
    return layers;
}

SigmoidLayer::SigmoidLayer(const DenseLayer& layer, std::size_t rows)
    : layer_(layer),
      rows_(rows),
      stride_(core::row_stride(layer.weight.rows)),
      input_(rows * stride_, 0.0F),
      product_(compute::MatMulShape{rows, layer.weight.columns, layer.weight.rows},
               compute::Operand{stride_, compute::Transpose::no},
               compute::Operand{layer.weight.stride, compute::Transpose::no}, core::row_stride(layer.weight.columns),
               compute::Accumulate::no) {}

compute::Rows SigmoidLayer::input() noexcept {
    return {input_.data(), rows_, layer_.weight.rows, stride_};
}

void SigmoidLayer::forward(const float* parameters, const compute::Rows& out) const {
    core::require(out.count == rows_ && out.width == layer_.weight.columns && out.stride == core::row_stride(out.width),
                  "a layer's output is as wide as the layer");
    product_(input_.data(), parameters + layer_.weight.offset, out.data);
    const std::span<const float> bias(parameters + layer_.bias.offset, out.width);
    for (std::size_t row = 0; row < rows_; ++row) {
        const std::span<float> x = out[row];
        compute::add(bias, x.data());
        compute::activate(compute::Activation::sigmoid, x);
    }
}

}  // namespace ensemble::model
