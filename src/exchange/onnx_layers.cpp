#include "exchange/onnx_layers.hpp"

#include <array>
#include <limits>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "compute/normalisation.hpp"
#include "core/contract.hpp"

namespace ensemble::exchange {
namespace {

using core::Shape;

std::int64_t integer(std::size_t size) {
    return static_cast<std::int64_t>(size);
}

/// Window, stride and padding over images of that shape.
OnnxBuilder::Attributes sliding(const compute::ImageWindow& window, const Shape& image) {
    const compute::Window& down = window.vertical;
    const compute::Window& across = window.horizontal;
    return {{"kernel_shape", std::vector<std::int64_t>{integer(down.size), integer(across.size)}},
            {"strides", std::vector<std::int64_t>{integer(down.stride), integer(across.stride)}},
            {"pads", std::vector<std::int64_t>{integer(down.before(image[0])), integer(across.before(image[1])),
                                               integer(down.behind(image[0])), integer(across.behind(image[1]))}}};
}

/// The convolution of a layer, or on the way across a skip.
std::string convolution(OnnxWriter& writer, const OnnxValue& images) {
    const model::LayerNode& node = writer.node();
    const auto& weight = node.parameters.at(0);
    const auto& bias = node.parameters.at(1);
    return writer.add("Conv",
                      {images.name, writer.constant(weight, filters_of(weight, *node.window, writer.weights())),
                       writer.constant(bias, vector_of(bias, writer.weights()))},
                      sliding(*node.window, images.shape));
}

/// x·W + b: [rows, columns]. The weight is turned, as files made by PyTorch have it: OpenCV 4.6 reads no other.
std::string affine(OnnxWriter& writer, const std::string& weight, const std::string& bias) {
    return writer.add("Gemm", {writer.as_vector(writer.input()).name, weight, bias}, {{"transB", std::int64_t{1}}});
}

/// Of dense and maxout.
std::string affine(OnnxWriter& writer) {
    const auto& weight = writer.node().parameters.at(0);
    const auto& bias = writer.node().parameters.at(1);
    return affine(writer, writer.constant(weight, turned_matrix_of(weight, writer.weights())),
                  writer.constant(bias, vector_of(bias, writer.weights())));
}

/// What pooling leaves of images, of the whole of them a single pixel where there is no window.
OnnxValue pooled(OnnxWriter& writer, const OnnxValue& images, const std::optional<compute::ImageWindow>& window,
                 const std::string& operation) {
    const Shape& shape = images.shape;
    const std::size_t channels = shape.rank() == 2 ? 1 : shape[2];
    if (!window) {
        const compute::Window all{.size = shape[0], .stride = shape[0]};
        return {.name = writer.add("Global" + operation, {images.name}),
                .shape = {1, 1, channels},
                .channels_first = true,
                .ends = ends_behind(writer.builder(), images.ends, all)};
    }
    return {.name = writer.add(operation, {images.name}, sliding(*window, shape)),
            .shape = {window->vertical.positions(shape[0]), window->horizontal.positions(shape[1]), channels},
            .channels_first = true,
            .ends = ends_behind(writer.builder(), images.ends, window)};
}

/// What a pooling layer leaves: over the whole of images a vector.
OnnxValue leave_pooled(OnnxWriter& writer, OnnxValue value) {
    if (writer.node().window) return value;
    const auto width = integer(writer.node().shape.elements());
    return writer.leaves(writer.add("Reshape", {value.name, writer.builder().integers({-1, width})}));
}

/// The largest of the steps that count, and 0 where there is none.
OnnxValue pooled_largest(OnnxWriter& writer, const OnnxValue& images) {
    constexpr float below_all = std::numeric_limits<float>::lowest();
    OnnxBuilder& builder = writer.builder();
    const OnnxValue value = pooled(writer, filled(builder, images, below_all), writer.node().window, "MaxPool");
    return leave_pooled(writer, filled(builder, value, 0));
}

/// The mean of the steps that count: with zeros behind them, the mean of all over the share that counts.
OnnxValue pooled_mean(OnnxWriter& writer, const OnnxValue& images) {
    const auto& window = writer.node().window;
    OnnxValue value = pooled(writer, images, window, "AveragePool");
    if (value.ends.empty()) return leave_pooled(writer, value);
    OnnxBuilder& builder = writer.builder();
    const auto along = window ? std::optional(compute::ImageWindow(window->vertical, compute::Window{})) : std::nullopt;
    const OnnxValue share = pooled(writer, steps_that_count(builder, images), along, "AveragePool");
    // A mean of nothing is 0, and no share but that of nothing is as small.
    const auto least = 0.5F / static_cast<float>(window ? window->vertical.size : images.shape[0]);
    const std::string divisor = writer.add("Max", {share.name, builder.scalar(least)});
    value.name = writer.add("Div", {value.name, divisor});
    return leave_pooled(writer, value);
}

/// The input of a skip, in the shape and the order of what its network leaves.
OnnxValue across(OnnxWriter& writer, const OnnxValue& inner, const OnnxValue& input) {
    const model::LayerNode& node = writer.node();
    const bool is_sequence =
        node.shape.rank() == 3 && node.shape[1] == 1 && (input.shape.rank() < 3 || input.shape[1] == 1);
    if (node.window)
        return writer.leaves(convolution(writer, is_sequence ? writer.as_columns(input) : writer.as_images(input)),
                             true);
    if (node.parameters.empty()) return inner.channels_first ? writer.as_images(input) : writer.as_plain(input);
    const auto& weight = node.parameters.at(0);
    const OnnxValue source = node.shape.rank() == 2 ? writer.as_steps(input) : writer.as_vector(input);
    return writer.leaves(
        writer.add("MatMul", {source.name, writer.constant(weight, matrix_of(weight, writer.weights()))}));
}

}  // namespace

OnnxValue write_elementwise(OnnxWriter& writer, std::string_view operation, const OnnxBuilder::Attributes& attributes) {
    return writer.leaves(writer.add(operation, {writer.input().name}, attributes), writer.input().channels_first);
}

OnnxValue write_gelu(OnnxWriter& writer) {
    const std::string& x = writer.input().name;
    OnnxBuilder& builder = writer.builder();
    const std::string scaled = writer.add("Mul", {x, builder.scalar(std::numbers::sqrt2_v<float> / 2)});
    const std::string share = writer.add("Add", {writer.add("Erf", {scaled}), builder.scalar(1)});
    const std::string twice = writer.add("Mul", {x, share});
    return writer.leaves(writer.add("Mul", {twice, builder.scalar(0.5F)}), writer.input().channels_first);
}

OnnxValue write_silu(OnnxWriter& writer) {
    const std::string& x = writer.input().name;
    return writer.leaves(writer.add("Mul", {x, writer.add("Sigmoid", {x})}), writer.input().channels_first);
}

OnnxValue write_nothing(OnnxWriter& writer) {
    return writer.input();
}

OnnxValue write_dense(OnnxWriter& writer) {
    return writer.leaves(affine(writer));
}

OnnxValue write_columns(OnnxWriter& writer) {
    const model::LayerNode& node = writer.node();
    return writer.leaves(affine(writer, writer.constant("weight", turned_columns_of(node, writer.weights())),
                                writer.constant("bias", column_biases_of(node, writer.weights()))));
}

OnnxValue write_maxout(OnnxWriter& writer) {
    // OpenCV 4.6 takes a batchnorm that follows Max into it,
    // which makes something else, and keeps an axis that ReduceMax should not leave: hence neither.
    const std::size_t units = writer.node().shape.elements();
    const std::size_t pieces = writer.node().parameters.at(0).columns / units;
    OnnxBuilder& builder = writer.builder();
    const std::string apart =
        writer.add("Reshape", {affine(writer), builder.integers({-1, integer(pieces), integer(units)})});
    const std::string largest =
        writer.add("ReduceMax", {apart}, {{"axes", std::vector<std::int64_t>{1}}, {"keepdims", std::int64_t{1}}});
    return writer.leaves(writer.add("Reshape", {largest, builder.integers({-1, integer(units)})}));
}

OnnxValue write_flatten(OnnxWriter& writer) {
    return writer.as_vector(writer.input());
}

OnnxValue write_conv(OnnxWriter& writer) {
    return writer.leaves(convolution(writer, writer.as_images(writer.input())), true);
}

OnnxValue write_maxpool(OnnxWriter& writer) {
    return pooled_largest(writer, writer.as_images(writer.input()));
}

OnnxValue write_avgpool(OnnxWriter& writer) {
    return pooled_mean(writer, writer.as_images(writer.input()));
}

OnnxValue write_conv1d(OnnxWriter& writer) {
    return writer.leaves(convolution(writer, writer.as_columns(writer.input())), true);
}

OnnxValue write_maxpool1d(OnnxWriter& writer) {
    return pooled_largest(writer, writer.as_columns(writer.input()));
}

OnnxValue write_avgpool1d(OnnxWriter& writer) {
    return pooled_mean(writer, writer.as_columns(writer.input()));
}

OnnxValue write_batchnorm(OnnxWriter& writer) {
    const model::LayerNode& node = writer.node();
    const bool is_vector = node.shape.rank() < 2;
    const OnnxValue input = is_vector ? writer.input() : writer.as_images(writer.input());
    const std::size_t width = node.parameters.at(0).columns;
    OnnxBuilder::Names inputs{input.name};
    for (const auto& block : node.parameters)
        inputs.push_back(writer.constant(block, vector_of(block, writer.weights())));
    inputs.push_back(writer.constant("mean", vector_of(node.statistics.at(0), width, writer.weights())));
    inputs.push_back(writer.constant("variance", vector_of(node.statistics.at(1), width, writer.weights())));
    const std::string output = writer.add("BatchNormalization", inputs, {{"epsilon", compute::BatchNorm::epsilon}});
    return writer.leaves(output, !is_vector);
}

OnnxValue write_skip(OnnxWriter& writer) {
    OnnxValue inner = writer.inputs().at(0);
    OnnxValue past = across(writer, inner, writer.inputs().at(1));
    if (past.shape.rank() > 1 && past.ends.empty())
        past.ends = ends_behind(writer.builder(), writer.inputs().at(1).ends, writer.node().window);
    if (past.channels_first) inner = writer.as_images(inner);
    OnnxValue sum = writer.leaves(writer.add("Add", {inner.name, past.name}), past.channels_first);
    // What goes past ends on no row before what the network leaves: the stride across is the least that leads there.
    if (sum.shape.rank() > 1) sum.ends = ends_of_all(writer.builder(), std::array{inner, past});
    return sum;
}

OnnxValue write_split(OnnxWriter& writer) {
    const bool are_images = writer.node().shape.rank() > 2;
    std::vector<OnnxValue> branches;
    for (const OnnxValue& input : writer.inputs())
        branches.push_back(are_images ? writer.as_images(input) : writer.as_plain(input));
    OnnxBuilder::Names names;
    for (const OnnxValue& branch : branches) names.push_back(branch.name);
    const std::size_t axis = are_images ? 1 : writer.node().shape.rank();
    OnnxValue joined = writer.leaves(writer.add("Concat", names, {{"axis", integer(axis)}}), are_images);
    if (joined.shape.rank() > 1) joined.ends = ends_of_all(writer.builder(), branches);
    return joined;
}

}  // namespace ensemble::exchange
