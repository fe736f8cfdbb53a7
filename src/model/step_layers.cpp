#include "model/step_layers.hpp"

#include <memory>

#include <fmt/format.h>

#include "model/affine.hpp"
#include "model/compiler.hpp"
#include "model/image_layers.hpp"
#include "model/image_operations.hpp"

namespace ensemble::model {
namespace {

using compute::ImageWindow;
using compute::Padding;
using compute::Window;
using core::Shape;

/// Places in a window of pooling are remembered in a byte.
constexpr std::size_t widest_pool = 256;

/// steps×1×features of what comes before.
Shape as_steps(const Shape& shape) {
    if (shape.rank() == 0) return {1, 1, 1};
    return {shape[0], 1, shape.elements() / shape[0]};
}

/// The value as steps×1×features: a copy where it has another shape.
Value in_steps(const Value& value, Compiler& compiler) {
    const Shape shape = as_steps(value.tensor->shape);
    if (value.tensor->shape == shape) return value;
    const Value plain = compiler.ordered(value, 0);
    const auto gradient = plain.tensor->has_gradient() ? Compiler::Gradient::as_compiled : Compiler::Gradient::none;
    Tensor& steps = compiler.tensor(shape, gradient);
    compiler.append(std::make_unique<Flatten>(*plain.tensor, plain.gradient, steps));
    steps.ends = plain.tensor->ends;
    steps.is_clear = plain.tensor->is_clear;
    return {.tensor = &steps, .exclusive = true};
}

/// The window of an item's arguments from `first` on, `stride` unless they say otherwise.
Window steps_window(const Item& item, std::size_t first, std::size_t stride) {
    const auto argument = [&](std::size_t i) { return static_cast<std::size_t>(item.arguments[i]); };
    return {.size = argument(first),
            .stride = item.arguments.size() > first + 1 ? argument(first + 1) : stride,
            .padding = !item.words.empty() && item.words.front() == "valid" ? Padding::valid : Padding::same};
}

Window conv1d_window(const Item& item) {
    return steps_window(item, 1, 1);
}

Window pool1d_window(const Item& item) {
    return steps_window(item, 0, static_cast<std::size_t>(item.arguments[0]));
}

Shape slide_along(const Item& item, const Window& window, const Shape& input, std::size_t channels) {
    const std::size_t steps = window.positions(as_steps(input)[0]);
    if (steps == 0) {
        refuse(item, fmt::format("a window of {} steps does not fit the {} of {}", window.size, as_steps(input)[0],
                                 input.text()));
    }
    return {steps, 1, channels};
}

ImageWindow along_steps(const Window& window) {
    return {window, Window{}};
}

/// The features of a single step, as a vector.
Value leave_vector(const Value& single, Compiler& compiler) {
    const Value plain = compiler.ordered(single, 0);
    Tensor& vector = compiler.tensor({plain.tensor->width()});
    compiler.append(std::make_unique<Flatten>(*plain.tensor, plain.gradient, vector));
    return {.tensor = &vector, .exclusive = true};
}

Value pool_largest(const Value& input, const Window& window, Compiler& compiler) {
    const Shape& shape = input.tensor->shape;
    Tensor& pooled = compiler.tensor({window.positions(shape[0]), 1, shape[2]}, Compiler::Gradient::as_compiled,
                                     input.tensor->block);
    pooled.ends = compiler.ends_behind(input.tensor->ends, along_steps(window));
    compiler.append(std::make_unique<MaxPool>(*input.tensor, input.gradient, pooled, along_steps(window)));
    return {.tensor = &pooled, .exclusive = true};
}

}  // namespace

// conv1d(channels, window[, stride][, same|valid])

Shape plan_conv1d(const Item& item, const Shape& input, Layout& layout) {
    const Window window = conv1d_window(item);
    const auto channels = static_cast<std::size_t>(item.arguments[0]);
    const Shape output = slide_along(item, window, input, channels);
    add_convolution(layout.next_name("conv1d"), window.size, as_steps(input)[2], channels, layout);
    return output;
}

std::optional<ImageWindow> window_of_conv1d(const Item& item, const Shape&, const Shape&) {
    return along_steps(conv1d_window(item));
}

Value compile_conv1d(const Item& item, const Value& input, Compiler& compiler) {
    const Window window = conv1d_window(item);
    const auto channels = static_cast<std::size_t>(item.arguments[0]);
    const Shape output = slide_along(item, window, input.tensor->shape, channels);
    return convolve(output, along_steps(window), in_steps(input, compiler), compiler);
}

// maxpool1d and avgpool1d: (window[, stride][, same|valid]), or over all steps without arguments

std::string check_pool1d(std::span<const double> arguments) {
    for (const double extent : arguments)
        if (!is_count(extent, widest_pool)) return "window and stride must be whole numbers from 1 to 256";
    return "";
}

Shape plan_pool1d(const Item& item, const Shape& input, Layout&) {
    const std::size_t features = as_steps(input)[2];
    if (item.arguments.empty()) return {features};
    return slide_along(item, pool1d_window(item), input, features);
}

double operations_of_pool1d(const Item& item, const Shape& input, const Shape& output) {
    if (item.arguments.empty()) return static_cast<double>(input.elements());
    return static_cast<double>(pool1d_window(item).size * output.elements());
}

std::optional<ImageWindow> window_of_pool1d(const Item& item, const Shape&, const Shape&) {
    if (item.arguments.empty()) return std::nullopt;
    return along_steps(pool1d_window(item));
}

Value compile_maxpool1d(const Item& item, const Value& input, Compiler& compiler) {
    Value value = in_steps(input, compiler);
    if (!item.arguments.empty()) return pool_largest(value, pool1d_window(item), compiler);
    // The largest of all is the largest of the largest of each part.
    while (value.tensor->shape[0] > widest_pool)
        value = pool_largest(value, {.size = widest_pool, .stride = widest_pool}, compiler);
    const std::size_t left = value.tensor->shape[0];
    return leave_vector(pool_largest(value, {.size = left, .stride = left}, compiler), compiler);
}

Value compile_avgpool1d(const Item& item, const Value& input, Compiler& compiler) {
    const Value steps = in_steps(input, compiler);
    const Shape& shape = steps.tensor->shape;
    if (item.arguments.empty()) {
        Tensor& vector = compiler.tensor({shape[2]});
        compiler.append(std::make_unique<GlobalAverage>(*steps.tensor, steps.gradient, vector));
        return {.tensor = &vector, .exclusive = true};
    }
    const Window window = pool1d_window(item);
    Tensor& pooled = compiler.tensor(slide_along(item, window, shape, shape[2]), Compiler::Gradient::as_compiled,
                                     steps.tensor->block);
    compiler.append(std::make_unique<AveragePool>(*steps.tensor, steps.gradient, pooled, along_steps(window)));
    return {.tensor = &pooled, .exclusive = true};
}

// The way across a skip whose network leaves another sequence.

namespace {

/// One step in every so many, if that leads from `from` to `to`.
std::optional<Window> sequence_window(const Shape& from, const Shape& to) {
    const bool is_wide = from.rank() > 3 || (from.rank() == 3 && from[1] != 1);  // an image goes across as one
    if (to.rank() != 3 || to[1] != 1 || is_wide) return std::nullopt;
    const Window window{.size = 1, .stride = (as_steps(from)[0] + to[0] - 1) / to[0], .padding = Padding::same};
    return window.positions(as_steps(from)[0]) == to[0] ? std::optional(window) : std::nullopt;
}

}  // namespace

bool projects_sequence(const Shape& from, const Shape& to) {
    return sequence_window(from, to).has_value();
}

std::optional<ImageWindow> window_of_projection(const Item& item, const Shape& input, const Shape& output) {
    if (input == output) return std::nullopt;
    if (const auto window = sequence_window(input, output)) return along_steps(*window);
    return window_of_image_projection(item, input, output);
}

bool plan_sequence_projection(const std::string& name, const Shape& from, const Shape& to, Layout& layout) {
    if (!sequence_window(from, to)) return false;
    add_convolution(name + ".projection", 1, as_steps(from)[2], to[2], layout);
    return true;
}

Value compile_sequence_projection(const Value& from, const Shape& to, Compiler& compiler) {
    const Window window = *sequence_window(from.tensor->shape, to);
    return convolve(to, along_steps(window), in_steps(from, compiler), compiler);
}

}  // namespace ensemble::model
