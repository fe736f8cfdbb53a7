#include "model/columns.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "core/contract.hpp"

namespace ensemble::model {
namespace {

using compute::Accumulate;

constexpr double widest_column = 1 << 24;

std::size_t units_of(const Item& item) {
    return static_cast<std::size_t>(item.arguments.front());
}

std::size_t width_behind(const Item& item, const std::vector<ColumnPlace>& columns) {
    return columns.back().output + (columns.back().is_number ? units_of(item) : columns.back().features);
}

}  // namespace

/// Where the columns lie; where the item does not say, every feature is a number.
std::vector<ColumnPlace> columns_of(const Item& item, const core::Shape& input) {
    std::vector<double> features(item.arguments.begin() + 1, item.arguments.end());
    if (features.empty()) features.assign(input.elements(), 1);
    std::vector<ColumnPlace> columns;
    std::size_t first = 0;
    std::size_t output = 0;
    for (const double count : features) {
        const ColumnPlace column{.features = static_cast<std::size_t>(std::abs(count)),
                                 .is_number = count > 0,
                                 .input = first,
                                 .output = output};
        first += column.features;
        output += column.is_number ? units_of(item) : column.features;
        columns.push_back(column);
    }
    return columns;
}

std::string check_columns(std::span<const double> arguments) {
    if (!is_count(arguments.front(), widest_column)) return "units must be a whole number from 1 to 16777216";
    const auto is_column = [](double features) { return is_count(std::abs(features), widest_column); };
    return std::ranges::all_of(arguments, is_column) ? "" : "a column has a whole number of features, from 1";
}

core::Shape plan_columns(const Item& item, const core::Shape& input, Layout& layout) {
    if (input.rank() > 1)
        refuse(item, fmt::format("columns are those of a table, and what comes in is {}", input.text()));
    if (item.arguments.size() == 1 && input.elements() > most_columns) {
        refuse(item, fmt::format("takes at most {} columns, and {} numbers come in", most_columns, input.elements()));
    }
    const std::vector<ColumnPlace> columns = columns_of(item, input);
    const std::size_t features = columns.back().input + columns.back().features;
    if (features != input.elements())
        refuse(item, fmt::format("its columns have {} features, and {} come in", features, input.elements()));
    const std::string name = layout.next_name("columns");
    std::size_t numbers = 0;
    for (const ColumnPlace& column : columns) {
        if (column.is_number)
            layout.add_weight(fmt::format("{}.weight{}", name, ++numbers), column.features, units_of(item));
    }
    if (numbers == 0) refuse(item, "there is no number among the columns");
    layout.add_bias(name + ".bias", numbers * units_of(item));
    return {width_behind(item, columns)};
}

Value compile_columns(const Item& item, const Value& input, Compiler& compiler) {
    std::vector<ColumnPlace> columns = columns_of(item, input.tensor->shape);
    std::vector<ParameterBlock> weights;
    for (const ColumnPlace& column : columns) {
        if (column.is_number) weights.push_back(compiler.parameters());
    }
    const ParameterBlock& bias = compiler.parameters();
    Tensor& output = compiler.tensor({width_behind(item, columns)});
    compiler.append(std::make_unique<ColumnProducts>(*input.tensor, input.gradient, output, std::move(columns),
                                                     std::move(weights), bias));
    return {.tensor = &output, .exclusive = true};
}

ColumnProducts::ColumnProducts(Tensor& input, Accumulate accumulate, Tensor& output, std::vector<ColumnPlace> columns,
                               std::vector<ParameterBlock> weights, const ParameterBlock& bias)
    : input_(input),
      accumulate_(accumulate),
      output_(output),
      columns_(std::move(columns)),
      weights_(std::move(weights)),
      bias_(bias) {
    const auto numbers = static_cast<std::size_t>(std::ranges::count(columns_, true, &ColumnPlace::is_number));
    core::require(numbers == weights_.size() && numbers * weights_.front().columns == bias.columns,
                  "every number has its weights");
}

std::vector<const Tensor*> ColumnProducts::inputs() const {
    return {&input_};
}

void ColumnProducts::prepare() {
    using compute::Transpose;
    const std::size_t rows = input_.rows;
    for (const ParameterBlock& weight : weights_) {
        if (products_.contains(weight.rows)) continue;
        const std::size_t units = weight.columns;
        products_.emplace(weight.rows,
                          Products{.forward = {{.m = rows, .n = units, .k = weight.rows},
                                               {.stride = input_.stride},
                                               {.stride = weight.stride},
                                               output_.stride,
                                               Accumulate::yes},
                                   .weight_gradient = {{.m = weight.rows, .n = units, .k = rows},
                                                       {.stride = input_.stride, .transpose = Transpose::yes},
                                                       {.stride = output_.stride},
                                                       weight.stride,
                                                       Accumulate::no},
                                   .input_gradient = {{.m = rows, .n = weight.rows, .k = units},
                                                      {.stride = output_.stride},
                                                      {.stride = weight.stride, .transpose = Transpose::yes},
                                                      input_.stride,
                                                      accumulate_}});
    }
}

void ColumnProducts::forward(const float* parameters, const Pass&) {
    const std::size_t units = weights_.front().columns;
    for (std::size_t row = 0; row < output_.rows; ++row) {
        const float* x = input_.values_at(row);
        float* y = output_.values_at(row);
        const float* bias = parameters + bias_.offset;
        for (const ColumnPlace& column : columns_) {
            const std::size_t width = column.is_number ? units : column.features;
            std::copy_n(column.is_number ? bias : x + column.input, width, y + column.output);
            if (column.is_number) bias += units;
        }
    }
    auto weight = weights_.begin();
    for (const ColumnPlace& column : columns_) {
        if (!column.is_number) continue;
        products_.at(column.features)
            .forward(input_.values.data() + column.input, parameters + weight->offset,
                     output_.values.data() + column.output);
        ++weight;
    }
}

/// Of a category to its features.
void ColumnProducts::pass_on_gradient(const ColumnPlace& column) {
    if (!input_.has_gradient()) return;
    for (std::size_t row = 0; row < output_.rows; ++row) {
        deliver({output_.gradients_at(row) + column.output, column.features}, accumulate_,
                {input_.gradients_at(row) + column.input, column.features});
    }
}

void ColumnProducts::backward(const float* parameters, float* gradients, const GradientReady& ready) {
    const std::size_t units = weights_.front().columns;
    auto weight = weights_.begin();
    float* bias = gradients + bias_.offset;
    for (const ColumnPlace& column : columns_) {
        if (!column.is_number) {
            pass_on_gradient(column);
            continue;
        }
        const Products& products = products_.at(column.features);
        const float* dy = output_.gradients.data() + column.output;
        if (input_.has_gradient())
            products.input_gradient(dy, parameters + weight->offset, input_.gradients.data() + column.input);
        products.weight_gradient(input_.values.data() + column.input, dy, gradients + weight->offset);
        report(*weight, ready);
        std::fill_n(bias, units, 0.0F);
        for (std::size_t row = 0; row < output_.rows; ++row)
            deliver({output_.gradients_at(row) + column.output, units}, Accumulate::yes, {bias, units});
        bias += units;
        ++weight;
    }
    report(bias_, ready);
}

}  // namespace ensemble::model
