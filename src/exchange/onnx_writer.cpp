#include "exchange/onnx_writer.hpp"

#include "core/contract.hpp"

namespace ensemble::exchange {
namespace {

using core::Shape;

constexpr std::int64_t all_rows = -1;

std::int64_t whole(std::size_t size) {
    return static_cast<std::int64_t>(size);
}

std::size_t channels_in(const Shape& image) {
    return image.rank() == 2 ? 1 : image[2];
}

/// Whether the numbers of an image lie alike in both orders.
bool lie_alike(const Shape& image) {
    return channels_in(image) == 1 || image[0] * image[1] == 1;
}

std::vector<std::int64_t> rows_of(const Shape& shape) {
    std::vector<std::int64_t> extents{all_rows};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) extents.push_back(whole(shape[axis]));
    return extents;
}

}  // namespace

OnnxValue OnnxWriter::converted(const OnnxValue& value, const Shape& shape, bool channels_first,
                                std::string_view operation, const std::vector<std::int64_t>& axes) {
    const std::string name = value.name + (operation == "Reshape" ? "/reshaped" : "/turned");
    const std::string made = operation == "Reshape"
                                 ? builder_.add(operation, {value.name, builder_.integers(axes)}, name)
                                 : builder_.add(operation, {value.name}, name, {{"perm", axes}});
    return {.name = made,
            .shape = shape,
            .channels_first = channels_first,
            .ends = shape.rank() > 1 ? value.ends : std::string{}};
}

OnnxValue OnnxWriter::as_images(const OnnxValue& value) {
    const Shape& shape = value.shape;
    if (value.channels_first) return value;
    core::require(shape.rank() == 2 || shape.rank() == 3, "what slides over images has some before it");
    if (lie_alike(shape))
        return converted(value, shape, true, "Reshape",
                         {all_rows, whole(channels_in(shape)), whole(shape[0]), whole(shape[1])});
    return converted(value, shape, true, "Transpose", {0, 3, 1, 2});
}

OnnxValue OnnxWriter::as_columns(const OnnxValue& value) {
    const Shape columns{value.shape[0], 1, value.shape.elements() / value.shape[0]};
    if (value.shape == columns) return as_images(value);
    const OnnxValue plain = as_plain(value);
    return as_images(converted(plain, columns, false, "Reshape", rows_of(columns)));
}

OnnxValue OnnxWriter::as_plain(const OnnxValue& value) {
    if (!value.channels_first) return value;
    if (lie_alike(value.shape)) return converted(value, value.shape, false, "Reshape", rows_of(value.shape));
    return converted(value, value.shape, false, "Transpose", {0, 2, 3, 1});
}

OnnxValue OnnxWriter::as_vector(const OnnxValue& value) {
    if (value.shape.rank() == 1) return value;
    const Shape vector{value.shape.elements()};
    const OnnxValue plain = value.channels_first && lie_alike(value.shape) ? value : as_plain(value);
    return converted(plain, vector, false, "Reshape", rows_of(vector));
}

OnnxValue OnnxWriter::as_steps(const OnnxValue& value) {
    OnnxValue plain = as_plain(value);
    if (plain.shape.rank() == 2) return plain;
    const Shape steps{plain.shape[0], plain.shape.elements() / plain.shape[0]};
    return converted(plain, steps, false, "Reshape", rows_of(steps));
}

std::string OnnxWriter::constant(const model::ParameterBlock& block, const Array& array) {
    return constant(block.name.substr(block.name.find('.') + 1), array);
}

}  // namespace ensemble::exchange
