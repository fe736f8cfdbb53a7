#include "model/image_layers.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "model/compiler.hpp"
#include "model/image_operations.hpp"
#include "model/pointwise.hpp"

namespace ensemble::model {
namespace {

using compute::Padding;
using compute::Window;
using core::Shape;

bool is_image(const Shape& shape) {
    return shape.rank() == 2 || shape.rank() == 3;
}

std::size_t channels_of(const Shape& image) {
    return image.rank() == 2 ? 1 : image[2];
}

Padding padding_of(const Item& item) {
    return !item.words.empty() && item.words.front() == "valid" ? Padding::valid : Padding::same;
}

/// The window described by an item's arguments from `first` on: size and stride, which defaults to `stride`.
Window window_of(const Item& item, std::size_t first, std::size_t stride) {
    const auto argument = [&](std::size_t i) { return static_cast<std::size_t>(item.arguments[i]); };
    return {.size = argument(first),
            .stride = item.arguments.size() > first + 1 ? argument(first + 1) : stride,
            .padding = padding_of(item)};
}

Shape slide(const Item& item, const Window& window, const Shape& input, std::size_t channels) {
    const std::size_t height = window.positions(input[0]);
    const std::size_t width = window.positions(input[1]);
    if (height == 0 || width == 0)
        refuse(item, fmt::format("a window of {0}×{0} does not fit an image of {1}", window.size, input.text()));
    return {height, width, channels};
}

void require_image(const Item& item, const Shape& input) {
    if (is_image(input)) return;
    refuse(item,
           fmt::format("needs images (height×width or height×width×channels), but {} comes before it", input.text()));
}

Window conv_window(const Item& item) {
    return window_of(item, 1, 1);
}

Window pool_window(const Item& item) {
    return window_of(item, 0, static_cast<std::size_t>(item.arguments[0]));
}

/// Channels in a block of a tensor in which images are in blocks, 0 for plain order.
std::size_t block_of(const compute::Images& images) {
    return images.block == images.channels ? 0 : images.block;
}

}  // namespace

Value convolve(const Shape& output_shape, const compute::ImageWindow& window, const Value& input, Compiler& compiler) {
    const ParameterBlock& weight = compiler.parameters();
    const ParameterBlock& bias = compiler.parameters();
    const Shape& shape = input.tensor->shape;
    const auto derivatives = !compiler.has_gradients()      ? compute::Derivatives::none
                             : input.tensor->has_gradient() ? compute::Derivatives::of_weights_and_input
                                                            : compute::Derivatives::of_weights;
    const compute::ConvolutionOrder order = compute::fastest_order({.count = compiler.rows(),
                                                                    .height = shape[0],
                                                                    .width = shape[1],
                                                                    .channels_in = channels_of(shape),
                                                                    .channels_out = weight.columns,
                                                                    .window = window,
                                                                    .weight_stride = weight.stride},
                                                                   derivatives, compiler.precision());
    const Value source = compiler.ordered(input, block_of(order.in));
    Tensor& output = compiler.tensor(output_shape, Compiler::Gradient::as_compiled, block_of(order.out));
    compiler.append(std::make_unique<Convolve>(*source.tensor, source.gradient, output, window, weight, bias,
                                               compiler.precision(), compiler.pool()));
    return {.tensor = &output, .exclusive = true};
}

void add_convolution(const std::string& name, std::size_t area, std::size_t in, std::size_t out, Layout& layout) {
    layout.add_convolution(name + ".weight", area * in, out, area * out);
    layout.add_bias(name + ".bias", out);
}

// conv(channels, window[, stride][, same|valid])

std::string check_conv(std::span<const double> arguments) {
    constexpr double most_channels = 1 << 16;
    constexpr double largest_window = 1 << 10;
    if (!is_count(arguments[0], most_channels)) return "channels must be a whole number from 1 to 65536";
    for (const double extent : arguments.subspan(1))
        if (!is_count(extent, largest_window)) return "window and stride must be whole numbers from 1 to 1024";
    return "";
}

Shape plan_conv(const Item& item, const Shape& input, Layout& layout) {
    require_image(item, input);
    const Window window = conv_window(item);
    const auto channels = static_cast<std::size_t>(item.arguments[0]);
    const Shape output = slide(item, window, input, channels);
    add_convolution(layout.next_name("conv"), window.size * window.size, channels_of(input), channels, layout);
    return output;
}

std::optional<compute::ImageWindow> window_of_conv(const Item& item, const Shape&, const Shape&) {
    return conv_window(item);
}

Value compile_conv(const Item& item, const Value& input, Compiler& compiler) {
    const Window window = conv_window(item);
    const auto channels = static_cast<std::size_t>(item.arguments[0]);
    return convolve(slide(item, window, input.tensor->shape, channels), window, input, compiler);
}

// maxpool and avgpool: (window[, stride][, same|valid]), or over the whole image without arguments

std::string check_pool(std::span<const double> arguments) {
    for (const double extent : arguments)
        if (!is_count(extent, 16)) return "window and stride must be whole numbers from 1 to 16";
    return "";
}

Shape plan_pool(const Item& item, const Shape& input, Layout&) {
    require_image(item, input);
    if (item.arguments.empty()) {
        if (item.name == "maxpool" && std::max(input[0], input[1]) > 16)
            refuse(item,
                   fmt::format("over a whole image of {} is too much; images are at most 16×16 there", input.text()));
        return {channels_of(input)};
    }
    return slide(item, pool_window(item), input, channels_of(input));
}

std::optional<compute::ImageWindow> window_of_pool(const Item& item, const Shape&, const Shape&) {
    return item.arguments.empty() ? std::nullopt : std::optional(pool_window(item));
}

double operations_of_pool(const Item& item, const Shape& input, const Shape& output) {
    if (item.arguments.empty()) return static_cast<double>(input.elements());
    const std::size_t size = pool_window(item).size;
    return static_cast<double>(size * size * output.elements());
}

namespace {

/// A convolution just before is pooled slice by slice where that pays.
Value max_pool(const Shape& output_shape, const Window& window, const Value& input, Compiler& compiler) {
    const std::size_t block = input.tensor->block;
    const compute::Images between = images_of(*input.tensor);
    const auto* convolve = dynamic_cast<const Convolve*>(compiler.producer_of(input));
    const std::size_t slice = ConvolveAndPool::slice_of(between);
    if (convolve == nullptr || slice == 0) {
        Tensor& pooled = compiler.tensor(output_shape, Compiler::Gradient::as_compiled, block);
        compiler.append(std::make_unique<MaxPool>(*input.tensor, input.gradient, pooled, window));
        return {.tensor = &pooled, .exclusive = true};
    }
    const Convolve::Recipe recipe = convolve->recipe();
    compiler.undo_last(input);
    Tensor& pooled = compiler.tensor(output_shape, Compiler::Gradient::as_compiled, block);
    compiler.append(std::make_unique<ConvolveAndPool>(recipe, slice, between, window, pooled));
    return {.tensor = &pooled, .exclusive = true};
}

}  // namespace

Value compile_maxpool(const Item& item, const Value& input, Compiler& compiler) {
    const Shape& shape = input.tensor->shape;
    // The largest value after relu is relu of the largest value: pooled first, relu has less to do.
    const bool relu_follows = compiler.undo_relu(input);
    Value value = input;
    if (item.arguments.empty()) {
        const std::size_t side = std::max(shape[0], shape[1]);
        const Window window{.size = side, .stride = side, .padding = Padding::same};
        Tensor& pooled =
            compiler.tensor({1, 1, channels_of(shape)}, Compiler::Gradient::as_compiled, input.tensor->block);
        compiler.append(std::make_unique<MaxPool>(*input.tensor, input.gradient, pooled, window));
        Tensor& vector = compiler.tensor({channels_of(shape)});
        compiler.append(std::make_unique<GlobalAverage>(pooled, compute::Accumulate::no, vector));  // of one pixel
        value = {.tensor = &vector, .exclusive = true};
    } else {
        value = max_pool(slide(item, pool_window(item), shape, channels_of(shape)), pool_window(item), input, compiler);
    }
    if (relu_follows) compiler.pointwise(value).add_activation(compute::Activation::relu);
    return value;
}

Value compile_avgpool(const Item& item, const Value& input, Compiler& compiler) {
    const Shape& shape = input.tensor->shape;
    if (item.arguments.empty()) {
        Tensor& vector = compiler.tensor({channels_of(shape)});
        compiler.append(std::make_unique<GlobalAverage>(*input.tensor, input.gradient, vector));
        return {.tensor = &vector, .exclusive = true};
    }
    const Window window = pool_window(item);
    Tensor& pooled = compiler.tensor(slide(item, window, shape, channels_of(shape)), Compiler::Gradient::as_compiled,
                                     input.tensor->block);
    compiler.append(std::make_unique<AveragePool>(*input.tensor, input.gradient, pooled, window));
    return {.tensor = &pooled, .exclusive = true};
}

// batchnorm: per channel of images, per feature of vectors

Shape plan_batchnorm(const Item&, const Shape& input, Layout& layout) {
    const std::string name = layout.next_name("batchnorm");
    const std::size_t width = input.rank() < 2 ? input.elements() : channels_of(input);
    // Vectors are padded to whole cache lines in memory, and so are their statistics.
    const std::size_t padded = input.rank() < 2 ? core::row_stride(width) : width;
    layout.add_scale(name + ".scale", width);
    layout.add_bias(name + ".offset", width);
    layout.add_statistics(padded, 0.0F);
    layout.add_statistics(padded, 1.0F);
    return input;
}

Value compile_batchnorm(const Item&, const Value& input, Compiler& compiler) {
    const ParameterBlock& scale = compiler.parameters();
    const ParameterBlock& offset = compiler.parameters();
    const StatisticsBlock& mean = compiler.statistics();
    const StatisticsBlock& variance = compiler.statistics();
    const NormState state{scale, offset, mean, variance};
    // Born before the first half, whose way backward still reads its gradient.
    Tensor& output = compiler.tensor(input.tensor->shape, Compiler::Gradient::as_compiled, input.tensor->block);
    const auto norm = std::make_shared<compute::BatchNorm>(images_of(*input.tensor), input.tensor->steps());
    compiler.append(std::make_unique<Measure>(*input.tensor, input.gradient, output, state, norm));
    compiler.append(std::make_unique<Normalise>(*input.tensor, output, state, norm));
    return {.tensor = &output, .exclusive = true};
}

// split[ network | network … ]: every branch sees x; outputs are concatenated along the last axis: features of vectors
// and of each step of a sequence, channels of images

namespace {

/// The shape of two branches side by side, if they fit.
std::optional<Shape> beside(const Shape& a, const Shape& b) {
    if (a.rank() != b.rank() || (a.rank() > 1 && a[0] != b[0]) || (a.rank() > 2 && a[1] != b[1])) return std::nullopt;
    if (a.rank() == 1) return Shape{a[0] + b[0]};
    return a.rank() == 2 ? Shape{a[0], a[1] + b[1]} : Shape{a[0], a[1], a[2] + b[2]};
}

}  // namespace

Shape plan_split(const Item& item, const Shape& input, Layout& layout) {
    static_cast<void>(layout.next_name("split"));
    std::optional<Shape> sum;
    for (const Items& branch : item.branches) {
        const Shape shape = plan(branch, input, layout);
        if (!sum) {
            sum = shape;
            continue;
        }
        const std::optional<Shape> both = beside(*sum, shape);
        if (!both) {
            refuse(item, fmt::format("its branches leave {} and {}, which cannot lie side by side", sum->text(),
                                     shape.text()));
        }
        sum = both;
    }
    return *sum;
}

Value compile_split(const Item& item, const Value& input, Compiler& compiler) {
    std::vector<Value> outputs;
    for (std::size_t i = 0; i < item.branches.size(); ++i) {
        const bool last = i + 1 == item.branches.size();
        Value value =
            compile(item.branches[i],
                    {.tensor = input.tensor, .gradient = last ? input.gradient : compute::Accumulate::yes}, compiler);
        // A branch that passes x on as it is gets a copy, so that every branch takes its turn in delivering gradients.
        if (value.tensor == input.tensor) static_cast<void>(compiler.pointwise(value));
        outputs.push_back(value);
    }
    const std::size_t block = outputs.front().tensor->block;
    const bool same = std::ranges::all_of(outputs, [&](const Value& value) { return value.tensor->block == block; });
    Shape shape = outputs.front().tensor->shape;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (!same) outputs[i] = compiler.ordered(outputs[i], 0);
        if (i > 0) shape = *beside(shape, outputs[i].tensor->shape);
    }
    Tensor& output = compiler.tensor(shape, Compiler::Gradient::as_compiled, same ? block : 0);
    if (shape.rank() > 1) output.ends = compiler.ends_of_all(outputs);
    compiler.append(std::make_unique<Concatenate>(std::move(outputs), output));
    return {.tensor = &output, .exclusive = true};
}

// The way across a skip whose network leaves another image.

namespace {

std::optional<compute::ImageWindow> projection_window(const Shape& from, const Shape& to) {
    if (!is_image(from) || to.rank() != 3) return std::nullopt;
    const Window window{.size = 1, .stride = (from[0] + to[0] - 1) / to[0], .padding = Padding::same};
    if (window.positions(from[0]) != to[0] || window.positions(from[1]) != to[1]) return std::nullopt;
    return window;
}

}  // namespace

bool plan_image_projection(const std::string& name, const Shape& from, const Shape& to, Layout& layout) {
    if (!projection_window(from, to)) return false;
    add_convolution(name + ".projection", 1, channels_of(from), to[2], layout);
    return true;
}

std::optional<compute::ImageWindow> window_of_image_projection(const Item&, const Shape& from, const Shape& to) {
    return from == to ? std::nullopt : projection_window(from, to);
}

Value compile_image_projection(const Value& from, const Shape& to, Compiler& compiler) {
    return convolve(to, *projection_window(from.tensor->shape, to), from, compiler);
}

}  // namespace ensemble::model
