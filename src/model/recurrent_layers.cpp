#include "model/recurrent_layers.hpp"

#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "model/compiler.hpp"
#include "model/recurrent.hpp"

namespace ensemble::model {
namespace {

using compute::Cell;
using core::Shape;

std::size_t units_of(const Item& item) {
    return static_cast<std::size_t>(item.arguments[0]);
}

Shape shape_behind(const Item& item, const Shape& input) {
    return item.words.empty() ? Shape{units_of(item)} : Shape{input[0], units_of(item)};
}

/// Gates that have a bias of x, of h, or of both, as in compute::Cell.
std::size_t bias_blocks(Cell cell) {
    return cell == Cell::lstm ? 3 : 1;
}

}  // namespace

// rnn, lstm and gru: (units[, sequence])

std::string check_recurrent(std::span<const double> arguments) {
    constexpr double most_units = 1 << 16;
    const double units = arguments[0];
    return units >= 1 && units <= most_units && units == std::floor(units)
               ? ""
               : fmt::format("units must be a whole number from 1 to {}", most_units);
}

std::size_t steps_of(const Shape& input) {
    return input[0];
}

/// Of every unit at every step. rnn: the sum of what comes from x and from h, tanh. lstm: four such sums, four
/// activations, c' = f·c + i·g, h' = o·tanh(c'). gru: two sums and activations of gates, tanh of x's part and r times
/// h's, h' = n + z·(h − n).
template <Cell cell>
double operations_of_recurrent(const Item& item, const Shape& input, const Shape&) {
    constexpr std::size_t of_a_unit = cell == Cell::rnn ? 2 : cell == Cell::lstm ? 4 + 4 + 3 + 2 : 4 + 3 + 3;
    return static_cast<double>(of_a_unit * steps_of(input) * units_of(item));
}

template <Cell cell>
Shape plan_recurrent(const Item& item, const Shape& input, Layout& layout) {
    if (input.rank() < 2) {
        refuse(item, fmt::format("needs sequences (steps×features) or images, read row by row, but {} comes before it",
                                 input.text()));
    }
    const std::string name = layout.next_name(item.name);
    const std::size_t units = units_of(item);
    const std::size_t features = input.elements() / input[0];
    const std::size_t products = cell == Cell::rnn ? 1 : cell == Cell::lstm ? 4 : 3;
    layout.add_recurrent(name + ".recurrent", units, products);
    layout.add_weight(name + ".weight", features, products * units);
    // A forget gate begins open, or what a cell holds is halved at every step (Gers et al. 2000, Jozefowicz et al.
    // 2015).
    if (cell == Cell::lstm) {
        layout.add_bias(name + ".input_bias", units);
        layout.add_scale(name + ".forget_bias", units);
        layout.add_bias(name + ".bias", 2 * units);
    } else {
        layout.add_bias(name + ".bias", compute::gates_of(cell) * units);
    }
    return shape_behind(item, input);
}

template <Cell cell>
Value compile_recurrent(const Item& item, const Value& input, Compiler& compiler) {
    const Value source = compiler.ordered(input, 0);
    const Shape& shape = source.tensor->shape;
    RecurrentParameters parameters{.recurrent = compiler.parameters(), .weight = compiler.parameters(), .bias = {}};
    for (std::size_t i = 0; i < bias_blocks(cell); ++i) parameters.bias.push_back(compiler.parameters());
    Tensor& output = compiler.tensor(shape_behind(item, shape));
    const Recurrent::Buffers buffers = Recurrent::make_buffers(cell, shape, units_of(item), compiler);
    compiler.append(std::make_unique<Recurrent>(cell, source, item.words.empty() ? Leaves::last : Leaves::sequence,
                                                output, buffers, std::move(parameters), compiler.precision(),
                                                compiler.pool()));
    return {.tensor = &output, .exclusive = true};
}

template double operations_of_recurrent<Cell::rnn>(const Item&, const Shape&, const Shape&);
template double operations_of_recurrent<Cell::lstm>(const Item&, const Shape&, const Shape&);
template double operations_of_recurrent<Cell::gru>(const Item&, const Shape&, const Shape&);
template Shape plan_recurrent<Cell::rnn>(const Item&, const Shape&, Layout&);
template Shape plan_recurrent<Cell::lstm>(const Item&, const Shape&, Layout&);
template Shape plan_recurrent<Cell::gru>(const Item&, const Shape&, Layout&);
template Value compile_recurrent<Cell::rnn>(const Item&, const Value&, Compiler&);
template Value compile_recurrent<Cell::lstm>(const Item&, const Value&, Compiler&);
template Value compile_recurrent<Cell::gru>(const Item&, const Value&, Compiler&);

bool plan_step_projection(const std::string& name, const Shape& from, const Shape& to, Layout& layout) {
    if (from.rank() < 2 || to.rank() != 2 || from[0] != to[0]) return false;
    layout.add_weight(name + ".projection", from.elements() / from[0], to[1]);
    return true;
}

}  // namespace ensemble::model
