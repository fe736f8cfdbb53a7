#include <utility>

#include "exchange/gates.hpp"
#include "exchange/onnx_layers.hpp"

namespace ensemble::exchange {
namespace {

/// Name and attributes of the operation that computes a cell.
struct RecurrentOperation {
    std::string_view name;
    OnnxBuilder::Attributes attributes = {};
};

/// rnn has tanh, lstm and gru the logistic function and tanh, as ONNX has unless asked otherwise; gru's reset gate
/// multiplies the recurrent product.
RecurrentOperation operation_of(std::string_view kind) {
    if (kind == "rnn") return {.name = "RNN"};
    if (kind == "lstm") return {.name = "LSTM"};
    return {.name = "GRU", .attributes = {{"linear_before_reset", 1}}};
}

std::vector<std::int64_t> for_one_direction(std::vector<std::int64_t> extents) {
    extents.insert(extents.begin(), 1);
    return extents;
}

Array for_one_direction(Array array) {
    std::vector<std::int64_t> extents = for_one_direction(array.extents);
    return std::move(array).reshaped(std::move(extents));
}

/// Biases of x, and behind them those of h: [1, 2 · gates · units].
Array biases(const OnnxWriter& writer, std::size_t units, const GateOrder& order) {
    const auto blocks = std::span(writer.node().parameters).subspan(2);
    Array both = gates_of(blocks, units, order.bias, writer.weights());
    const Array of_states = gates_of(blocks, units, order.recurrent_bias, writer.weights());
    both.values.insert(both.values.end(), of_states.values.begin(), of_states.values.end());
    return std::move(both).reshaped({1, 2 * of_states.extents.front()});
}

}  // namespace

OnnxValue write_recurrent(OnnxWriter& writer) {
    const model::LayerNode& node = writer.node();
    const auto& recurrent = node.parameters.at(0);
    const auto& weight = node.parameters.at(1);
    const std::size_t units = recurrent.rows;
    const GateOrder order = onnx_gates(node.kind);
    RecurrentOperation operation = operation_of(node.kind);
    operation.attributes.emplace_back("hidden_size", static_cast<std::int64_t>(units));

    const std::vector<std::int64_t> steps_first{1, 0, 2};
    const std::string steps = writer.add("Transpose", {writer.as_steps(writer.input()).name}, {{"perm", steps_first}});
    OnnxBuilder::Names inputs{
        steps, writer.constant(weight, for_one_direction(gates_of(weight, units, order.weight, writer.weights()))),
        writer.constant(recurrent, for_one_direction(gates_of(recurrent, units, order.recurrent, writer.weights()))),
        writer.constant("biases", biases(writer, units, order))};
    const bool is_sequence = node.shape.rank() == 2;
    OnnxBuilder& builder = writer.builder();
    const std::string& ends = writer.input().ends;
    if (!ends.empty()) inputs.push_back(builder.cast_once(ends, OnnxElement::i32, ends + "/int32"));
    const std::string states =
        builder.add_one_of(is_sequence ? 0 : 1, operation.name, inputs, steps + "/states", operation.attributes);
    // All states are [steps, directions, rows, units], the last one [directions, rows, units]; of a row of which
    // windows have left no step it is not told.
    if (!is_sequence && !ends.empty()) {
        const std::string by_rows = writer.add("Transpose", {states}, {{"perm", steps_first}});
        const OnnxValue last =
            filled(builder, {.name = by_rows, .shape = {1, units}, .channels_first = false, .ends = ends}, 0);
        return writer.leaves(writer.add("Squeeze", {last.name, builder.integers({1})}));
    }
    const std::string alone = writer.add("Squeeze", {states, builder.integers({is_sequence ? 1 : 0})});
    return writer.leaves(is_sequence ? writer.add("Transpose", {alone}, {{"perm", steps_first}}) : alone);
}

}  // namespace ensemble::exchange
