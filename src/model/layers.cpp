#include "model/layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "compute/activation.hpp"
#include "core/error.hpp"
#include "model/affine.hpp"
#include "model/columns.hpp"
#include "model/compiler.hpp"
#include "model/image_layers.hpp"
#include "model/maxout.hpp"
#include "model/pointwise.hpp"
#include "model/recurrent_layers.hpp"
#include "model/step_layers.hpp"

namespace ensemble::model {
namespace {

using Arguments = std::span<const double>;
using core::Shape;

constexpr double widest = 1 << 24;

std::size_t count(double value) {
    return static_cast<std::size_t>(value);
}

double one_for_each_element(const Item&, const Shape&, const Shape& output) {
    return static_cast<double>(output.elements());
}

// dense(units): y = x·W + b on the flattened item.

std::string check_dense(Arguments arguments) {
    return is_count(arguments[0], widest) ? "" : "units must be a whole number from 1";
}

Shape plan_dense(const Item& item, const Shape& input, Layout& layout) {
    const std::string name = layout.next_name("dense");
    layout.add_weight(name + ".weight", input.elements(), count(item.arguments[0]));
    layout.add_bias(name + ".bias", count(item.arguments[0]));
    return {count(item.arguments[0])};
}

Value linear(const Shape& shape, const Value& input, Compiler& compiler, std::size_t steps = 1) {
    const Value source = compiler.ordered(input, 0);
    Tensor& output = compiler.tensor(shape);
    compiler.append(std::make_unique<Linear>(*source.tensor, source.gradient, output, compiler.parameters(),
                                             compiler.precision(), steps, compiler.pool()));
    return {.tensor = &output, .exclusive = true};
}

std::size_t once(const Shape&) {
    return 1;
}

Value compile_dense(const Item& item, const Value& input, Compiler& compiler) {
    Value value = linear({count(item.arguments[0])}, input, compiler);
    compiler.pointwise(value).add_bias(compiler.parameters());
    return value;
}

// maxout(units, pieces): the largest of several linear pieces for each unit (Goodfellow et al. 2013).

std::string check_maxout(Arguments arguments) {
    constexpr double most_pieces = 255;
    if (!is_count(arguments[0], widest)) return "units must be a whole number from 1";
    return is_count(arguments[1], most_pieces) && arguments[1] >= 2 ? ""
                                                                    : "pieces must be a whole number from 2 to 255";
}

std::size_t maxout_width(const Item& item) {
    return count(item.arguments[0]) * count(item.arguments[1]);
}

Shape plan_maxout(const Item& item, const Shape& input, Layout& layout) {
    const std::string name = layout.next_name("maxout");
    layout.add_weight(name + ".weight", input.elements(), maxout_width(item));
    layout.add_bias(name + ".bias", maxout_width(item));
    return {count(item.arguments[0])};
}

double operations_of_maxout(const Item& item, const Shape&, const Shape&) {
    return static_cast<double>(maxout_width(item));
}

Value compile_maxout(const Item& item, const Value& input, Compiler& compiler) {
    Value pieces = linear({maxout_width(item)}, input, compiler);
    compiler.pointwise(pieces).add_bias(compiler.parameters());
    Tensor& output = compiler.tensor({count(item.arguments[0])});
    compiler.append(std::make_unique<Maxout>(*pieces.tensor, output));
    return {.tensor = &output, .exclusive = true};
}

// dropout(p): drops with probability p in training.

std::string check_dropout(Arguments arguments) {
    return arguments[0] >= 0 && arguments[0] < 1 ? "" : "the probability to drop must be at least 0 and below 1";
}

Shape plan_same(const Item&, const Shape& input, Layout&) {
    return input;
}

Value compile_dropout(const Item& item, const Value& input, Compiler& compiler) {
    Value value = input;
    Pointwise& chain = compiler.pointwise(value);
    chain.add_dropout(compute::DropoutRate(item.arguments[0]),
                      compiler.reserve_random(Pointwise::random_blocks(*value.tensor)));
    return value;
}

// flatten: rows are flat already, but for the order of channels and the padding of vectors.

Shape plan_flatten(const Item&, const Shape& input, Layout&) {
    return {input.elements()};
}

Value compile_flatten(const Item&, const Value& input, Compiler& compiler) {
    if (input.tensor->shape.rank() < 2) return input;
    const Value plain = compiler.ordered(input, 0);
    Tensor& output = compiler.tensor({input.tensor->width()});
    compiler.append(std::make_unique<Flatten>(*plain.tensor, plain.gradient, output));
    return {.tensor = &output, .exclusive = true};
}

template <compute::Activation activation>
Value compile_activation(const Item&, const Value& input, Compiler& compiler) {
    Value value = input;
    if (activation == compute::Activation::relu && compiler.fuse_relu(value)) return value;
    compiler.pointwise(value).add_activation(activation);
    return value;
}

constexpr std::array<std::string_view, 1> sequence{"sequence"};

template <compute::Cell cell>
constexpr LayerKind recurrent_kind(std::string_view name, std::string_view usage) {
    return {.name = name,
            .usage = usage,
            .least_arguments = 1,
            .most_arguments = 1,
            .words = sequence,
            .check = check_recurrent,
            .uses = steps_of,
            .operations = operations_of_recurrent<cell>,
            .plan = plan_recurrent<cell>,
            .compile = compile_recurrent<cell>};
}

template <compute::Activation activation>
constexpr LayerKind activation_kind(std::string_view name) {
    return {.name = name,
            .usage = name,
            .operations = one_for_each_element,
            .plan = plan_same,
            .is_elementwise = true,
            .compile = compile_activation<activation>};
}

// skip[ network ]: x + f(x); where f changes the shape, x goes through a linear projection.

Shape plan_skip(const Item& item, const Shape& input, Layout& layout) {
    const std::string name = layout.next_name("skip");
    const Shape inner = plan(item.branches[0], input, layout);
    if (inner == input || plan_sequence_projection(name, input, inner, layout)) return inner;
    if (plan_image_projection(name, input, inner, layout)) return inner;
    if (plan_step_projection(name, input, inner, layout)) return inner;
    if (inner.rank() > 1)
        refuse(item, fmt::format("{} cannot be added to {}: no stride leads from one to the other", input.text(),
                                 inner.text()));
    layout.add_weight(name + ".projection", input.elements(), inner.elements());
    return inner;
}

Value project(const Value& input, const Shape& shape, Compiler& compiler) {
    if (projects_sequence(input.tensor->shape, shape)) return compile_sequence_projection(input, shape, compiler);
    if (shape.rank() > 2) return compile_image_projection(input, shape, compiler);
    return linear(shape, input, compiler, shape.rank() == 2 ? shape[0] : 1);
}

Value compile_skip(const Item& item, const Value& input, Compiler& compiler) {
    const Value inner =
        compile(item.branches[0], {.tensor = input.tensor, .gradient = compute::Accumulate::yes}, compiler);
    const Shape& shape = inner.tensor->shape;
    // The sum can take the place of f(x) unless a derivative still needs it.
    const bool in_place = inner.exclusive && !compiler.is_read_backward(inner);
    Value across = input;
    if (shape != input.tensor->shape) {
        RowEnds* const ends = input.tensor->ends;
        const auto window = window_of_projection(item, input.tensor->shape, shape);
        across = project(input, shape, compiler);
        if (shape.rank() > 1) across.tensor->ends = compiler.ends_behind(ends, window);
    }
    across = compiler.ordered(across, inner.tensor->block);
    RowEnds* const ends = compiler.ends_of_all(std::array{inner, across});
    if (in_place) {
        compiler.append(std::make_unique<AddTo>(*inner.tensor, across));
        inner.tensor->ends = ends;
        inner.tensor->is_clear = false;
        return inner;
    }
    Tensor& output = compiler.tensor(shape, Compiler::Gradient::as_compiled, inner.tensor->block);
    output.ends = ends;
    compiler.append(std::make_unique<Sum>(inner, across, output));
    return {.tensor = &output, .exclusive = true};
}

// repeat(n)[ network ]: the network n times in a row, each with its own parameters.

std::string check_repeat(Arguments arguments) {
    return is_count(arguments[0], 1000) ? "" : "repeats from 1 to 1000 times";
}

std::size_t times_of_repeat(Arguments arguments) {
    return count(arguments[0]);
}

Shape plan_repeat(const Item& item, const Shape& input, Layout& layout) {
    Shape shape = input;
    for (std::size_t i = 0; i < count(item.arguments[0]); ++i) shape = plan(item.branches[0], shape, layout);
    return shape;
}

Value compile_repeat(const Item& item, const Value& input, Compiler& compiler) {
    Value value = input;
    for (std::size_t i = 0; i < count(item.arguments[0]); ++i) value = compile(item.branches[0], value, compiler);
    return value;
}

using compute::Activation;

constexpr std::array<std::string_view, 2> paddings{"same", "valid"};

constexpr std::array kinds{
    LayerKind{.name = "dense",
              .usage = "dense(units)",
              .least_arguments = 1,
              .most_arguments = 1,
              .check = check_dense,
              .plan = plan_dense,
              .compile = compile_dense},
    LayerKind{.name = "columns",
              .usage = "columns(units)",
              .least_arguments = 1,
              .most_arguments = most_columns + 1,
              .check = check_columns,
              .uses = once,
              .plan = plan_columns,
              .columns = columns_of,
              .compile = compile_columns},
    LayerKind{.name = "dropout",
              .usage = "dropout(p)",
              .least_arguments = 1,
              .most_arguments = 1,
              .check = check_dropout,
              .plan = plan_same,
              .is_elementwise = true,
              .compile = compile_dropout},
    LayerKind{.name = "conv",
              .usage = "conv(channels, window[, stride][, same|valid])",
              .least_arguments = 2,
              .most_arguments = 3,
              .words = paddings,
              .check = check_conv,
              .plan = plan_conv,
              .window = window_of_conv,
              .compile = compile_conv},
    LayerKind{.name = "maxpool",
              .usage = "maxpool(window[, stride][, same|valid])",
              .most_arguments = 2,
              .words = paddings,
              .check = check_pool,
              .operations = operations_of_pool,
              .plan = plan_pool,
              .window = window_of_pool,
              .compile = compile_maxpool},
    LayerKind{.name = "avgpool",
              .usage = "avgpool(window[, stride][, same|valid])",
              .most_arguments = 2,
              .words = paddings,
              .check = check_pool,
              .operations = operations_of_pool,
              .plan = plan_pool,
              .window = window_of_pool,
              .compile = compile_avgpool},
    LayerKind{.name = "conv1d",
              .usage = "conv1d(channels, window[, stride][, same|valid])",
              .least_arguments = 2,
              .most_arguments = 3,
              .words = paddings,
              .check = check_conv,
              .plan = plan_conv1d,
              .window = window_of_conv1d,
              .compile = compile_conv1d},
    LayerKind{.name = "maxpool1d",
              .usage = "maxpool1d(window[, stride][, same|valid])",
              .most_arguments = 2,
              .words = paddings,
              .check = check_pool1d,
              .operations = operations_of_pool1d,
              .plan = plan_pool1d,
              .window = window_of_pool1d,
              .compile = compile_maxpool1d},
    LayerKind{.name = "avgpool1d",
              .usage = "avgpool1d(window[, stride][, same|valid])",
              .most_arguments = 2,
              .words = paddings,
              .check = check_pool1d,
              .operations = operations_of_pool1d,
              .plan = plan_pool1d,
              .window = window_of_pool1d,
              .compile = compile_avgpool1d},
    LayerKind{.name = "batchnorm", .usage = "batchnorm", .plan = plan_batchnorm, .compile = compile_batchnorm},
    LayerKind{.name = "flatten", .usage = "flatten", .plan = plan_flatten, .compile = compile_flatten},
    recurrent_kind<compute::Cell::rnn>("rnn", "rnn(units[, sequence])"),
    recurrent_kind<compute::Cell::lstm>("lstm", "lstm(units[, sequence])"),
    recurrent_kind<compute::Cell::gru>("gru", "gru(units[, sequence])"),
    LayerKind{.name = "maxout",
              .usage = "maxout(units, pieces)",
              .least_arguments = 2,
              .most_arguments = 2,
              .check = check_maxout,
              .operations = operations_of_maxout,
              .plan = plan_maxout,
              .compile = compile_maxout},
    activation_kind<Activation::sigmoid>("sigmoid"),
    activation_kind<Activation::tanh>("tanh"),
    activation_kind<Activation::relu>("relu"),
    activation_kind<Activation::leaky_relu>("leaky_relu"),
    activation_kind<Activation::elu>("elu"),
    activation_kind<Activation::gelu>("gelu"),
    activation_kind<Activation::silu>("silu"),
    activation_kind<Activation::softplus>("softplus"),
    LayerKind{.name = "skip",
              .usage = "skip[ network ]",
              .branches = 1,
              .operations = one_for_each_element,
              .plan = plan_skip,
              .window = window_of_projection,
              .joins_input = true,
              .compile = compile_skip},
    LayerKind{.name = "split",
              .usage = "split[ network | network … ]",
              .branches = 64,
              .plan = plan_split,
              .compile = compile_split},
    LayerKind{.name = "repeat",
              .usage = "repeat(n)[ network ]",
              .least_arguments = 1,
              .most_arguments = 1,
              .branches = 1,
              .times = times_of_repeat,
              .check = check_repeat,
              .plan = plan_repeat,
              .compile = compile_repeat},
};

}  // namespace

bool is_count(double value, double most) noexcept {
    return value >= 1 && value <= most && value == std::floor(value);
}

void refuse(const Item& item, const std::string& why) {
    core::fail(core::Failure::usage, "network, line {}, column {}: {}{}: {}", item.line, item.column, item.name,
               arguments_text(item), why);
}

std::span<const LayerKind> layer_kinds() {
    return kinds;
}

const LayerKind* find_layer(std::string_view name) {
    const auto found = std::ranges::find(kinds, name, &LayerKind::name);
    return found == kinds.end() ? nullptr : &*found;
}

}  // namespace ensemble::model
