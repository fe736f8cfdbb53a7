#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/shape.hpp"
#include "exchange/array.hpp"
#include "exchange/onnx_builder.hpp"
#include "exchange/onnx_value.hpp"
#include "model/layer_graph.hpp"

namespace ensemble::exchange {

/// Writes the operations of one layer into a graph.
class OnnxWriter {
public:
    /// `inputs` are what the nodes in node.inputs leave; `prefix` comes before the names of all values.
    OnnxWriter(OnnxBuilder& builder, const model::LayerNode& node, const Weights& weights,
               std::vector<OnnxValue> inputs, const std::string& prefix)
        : builder_(builder), node_(node), weights_(weights), inputs_(std::move(inputs)), name_(prefix + node.name) {}

    [[nodiscard]] OnnxBuilder& builder() noexcept { return builder_; }
    [[nodiscard]] const model::LayerNode& node() const noexcept { return node_; }
    [[nodiscard]] const Weights& weights() const noexcept { return weights_; }

    [[nodiscard]] const std::vector<OnnxValue>& inputs() const noexcept { return inputs_; }
    [[nodiscard]] const OnnxValue& input() const { return inputs_.front(); }

    /// The value in the order that an operation wants: [rows, channels, height, width]; [rows, features, steps, 1] of
    /// what 1-D layers take for a sequence, a vector or the rows of an image as well; [rows, shape …];
    /// [rows, elements]; [rows, steps, features], where rows of an image are steps.
    [[nodiscard]] OnnxValue as_images(const OnnxValue& value);
    [[nodiscard]] OnnxValue as_columns(const OnnxValue& value);
    [[nodiscard]] OnnxValue as_plain(const OnnxValue& value);
    [[nodiscard]] OnnxValue as_vector(const OnnxValue& value);
    [[nodiscard]] OnnxValue as_steps(const OnnxValue& value);

    /// An operation, named after the layer; returns its output.
    std::string add(std::string_view operation, const OnnxBuilder::Names& inputs,
                    const OnnxBuilder::Attributes& attributes = {}) {
        return builder_.add(operation, inputs, name_, attributes);
    }

    /// Numbers that belong to the layer, "dense1/weight".
    std::string constant(const std::string& name, const Array& array) {
        return builder_.constant(name_ + "/" + name, array);
    }
    std::string constant(const model::ParameterBlock& block, const Array& array);

    /// What the layer leaves; where its rows end follows from its input and window (see add_network()).
    [[nodiscard]] OnnxValue leaves(std::string name, bool channels_first = false) const {
        return {.name = std::move(name), .shape = node_.shape, .channels_first = channels_first};
    }

private:
    [[nodiscard]] OnnxValue converted(const OnnxValue& value, const core::Shape& shape, bool channels_first,
                                      std::string_view operation, const std::vector<std::int64_t>& axes);

    OnnxBuilder& builder_;
    const model::LayerNode& node_;
    Weights weights_;
    std::vector<OnnxValue> inputs_;
    std::string name_;
};

}  // namespace ensemble::exchange
