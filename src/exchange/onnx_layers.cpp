#include "exchange/onnx_layers.hpp"

#include <numbers>
#include <utility>

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

/// A pooling layer over `images`, over the whole of them where there is no window.
OnnxValue pooling(OnnxWriter& writer, const OnnxValue& images, const std::string& operation) {
    OnnxBuilder::Attributes attributes;
    if (!writer.node().window) {
        const std::string pooled = writer.add("Global" + operation, {images.name});
        return writer.leaves(
            writer.add("Reshape", {pooled, writer.builder().integers({-1, integer(writer.node().shape.elements())})}));
    }
    for (auto& attribute : sliding(*writer.node().window, images.shape)) attributes.push_back(std::move(attribute));
    return writer.leaves(writer.add(operation, {images.name}, attributes), true);
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
    return pooling(writer, writer.as_images(writer.input()), "MaxPool");
}

OnnxValue write_avgpool(OnnxWriter& writer) {
    return pooling(writer, writer.as_images(writer.input()), "AveragePool");
}

OnnxValue write_conv1d(OnnxWriter& writer) {
    return writer.leaves(convolution(writer, writer.as_columns(writer.input())), true);
}

OnnxValue write_maxpool1d(OnnxWriter& writer) {
    return pooling(writer, writer.as_columns(writer.input()), "MaxPool");
}

OnnxValue write_avgpool1d(OnnxWriter& writer) {
    return pooling(writer, writer.as_columns(writer.input()), "AveragePool");
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
    const OnnxValue past = across(writer, inner, writer.inputs().at(1));
    if (past.channels_first) inner = writer.as_images(inner);
    return writer.leaves(writer.add("Add", {inner.name, past.name}), past.channels_first);
}

OnnxValue write_split(OnnxWriter& writer) {
    const bool are_images = writer.node().shape.rank() > 2;
    OnnxBuilder::Names names;
    for (const OnnxValue& input : writer.inputs())
        names.push_back(are_images ? writer.as_images(input).name : writer.as_plain(input).name);
    const std::size_t axis = are_images ? 1 : writer.node().shape.rank();
    return writer.leaves(writer.add("Concat", names, {{"axis", integer(axis)}}), are_images);
}

}  // namespace ensemble::exchange
