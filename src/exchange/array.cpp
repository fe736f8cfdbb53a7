#include "exchange/array.hpp"

#include <algorithm>
#include <utility>

#include "core/contract.hpp"

namespace ensemble::exchange {
namespace {

std::int64_t extent(std::size_t size) {
    return static_cast<std::int64_t>(size);
}

std::span<const float> row_of(const model::ParameterBlock& block, std::size_t row, const Weights& weights) {
    return weights.parameters.subspan(block.offset + row * block.stride, block.columns);
}

}  // namespace

Array Array::reshaped(std::vector<std::int64_t> shape) && {
    std::int64_t places = 1;
    for (const std::int64_t each : shape) places *= each;
    core::require(places == extent(values.size()), "another shape has as many places");
    return {.extents = std::move(shape), .values = std::move(values)};
}

Array vector_of(const model::ParameterBlock& block, const Weights& weights) {
    const auto row = row_of(block, 0, weights);
    return {.extents = {extent(block.columns)}, .values = {row.begin(), row.end()}};
}

Array vector_of(const model::StatisticsBlock& block, std::size_t width, const Weights& weights) {
    const auto values = weights.statistics.subspan(block.offset, width);
    return {.extents = {extent(width)}, .values = {values.begin(), values.end()}};
}

Array matrix_of(const model::ParameterBlock& block, const Weights& weights) {
    Array array{.extents = {extent(block.rows), extent(block.columns)}, .values = {}};
    array.values.reserve(block.rows * block.columns);
    for (std::size_t row = 0; row < block.rows; ++row) {
        const auto values = row_of(block, row, weights);
        array.values.insert(array.values.end(), values.begin(), values.end());
    }
    return array;
}

Array turned_matrix_of(const model::ParameterBlock& block, const Weights& weights) {
    Array array{.extents = {extent(block.columns), extent(block.rows)}, .values = {}};
    array.values.resize(block.rows * block.columns);
    for (std::size_t row = 0; row < block.rows; ++row) {
        const auto values = row_of(block, row, weights);
        for (std::size_t column = 0; column < block.columns; ++column)
            array.values[column * block.rows + row] = values[column];
    }
    return array;
}

Array turned_columns_of(const model::LayerNode& node, const Weights& weights) {
    const std::size_t outputs = node.shape.elements();
    const std::size_t inputs = node.columns.back().input + node.columns.back().features;
    Array array{.extents = {extent(outputs), extent(inputs)}, .values = {}};
    array.values.resize(outputs * inputs);
    const auto at = [&](std::size_t output, std::size_t input) -> float& {
        return array.values[output * inputs + input];
    };
    auto block = node.parameters.begin();
    for (const model::ColumnPlace& column : node.columns) {
        for (std::size_t i = 0; i < column.features; ++i) {
            if (!column.is_number) {
                at(column.output + i, column.input + i) = 1;
                continue;
            }
            const auto row = row_of(*block, i, weights);
            for (std::size_t unit = 0; unit < row.size(); ++unit)
                at(column.output + unit, column.input + i) = row[unit];
        }
        if (column.is_number) ++block;
    }
    return array;
}

Array column_biases_of(const model::LayerNode& node, const Weights& weights) {
    const std::size_t outputs = node.shape.elements();
    const std::size_t units = node.parameters.front().columns;
    const auto biases = row_of(node.parameters.back(), 0, weights);
    Array array{.extents = {extent(outputs)}, .values = std::vector<float>(outputs)};
    auto bias = biases.begin();
    for (const model::ColumnPlace& column : node.columns) {
        if (!column.is_number) continue;
        std::copy_n(bias, units, array.values.begin() + static_cast<std::ptrdiff_t>(column.output));
        bias += static_cast<std::ptrdiff_t>(units);
    }
    return array;
}

Array filters_of(const model::ParameterBlock& block, const compute::ImageWindow& window, const Weights& weights) {
    // Rows are places of the window, in each the channels: turned, every filter has channels last.
    const std::size_t places = window.area();
    const std::size_t channels = block.rows / places;
    const Array turned = turned_matrix_of(block, weights);
    Array array{.extents = {extent(block.columns), extent(channels), extent(window.vertical.size),
                            extent(window.horizontal.size)},
                .values = {}};
    array.values.reserve(turned.values.size());
    for (std::size_t filter = 0; filter < block.columns; ++filter) {
        const auto own = std::span(turned.values).subspan(filter * block.rows, block.rows);
        for (std::size_t channel = 0; channel < channels; ++channel)
            for (std::size_t place = 0; place < places; ++place)
                array.values.push_back(own[place * channels + channel]);
    }
    return array;
}

Array gates_of(const model::ParameterBlock& block, std::size_t units, std::span<const std::size_t> gates,
               const Weights& weights) {
    const Array turned = turned_matrix_of(block, weights);
    const std::size_t size = units * block.rows;
    Array array{.extents = {extent(gates.size() * units), extent(block.rows)}, .values = {}};
    array.values.reserve(gates.size() * size);
    for (const std::size_t gate : gates) {
        const auto own = std::span(turned.values).subspan(gate * size, size);
        array.values.insert(array.values.end(), own.begin(), own.end());
    }
    return array;
}

Array gates_of(std::span<const model::ParameterBlock> blocks, std::size_t units, std::span<const std::size_t> gates,
               const Weights& weights) {
    std::vector<float> all;
    for (const model::ParameterBlock& block : blocks) {
        const auto row = row_of(block, 0, weights);
        all.insert(all.end(), row.begin(), row.end());
    }
    Array array{.extents = {extent(gates.size() * units)}, .values = std::vector<float>(gates.size() * units)};
    for (std::size_t i = 0; i < gates.size(); ++i) {
        if (gates[i] == no_gate) continue;
        std::ranges::copy(std::span(all).subspan(gates[i] * units, units),
                          array.values.begin() + static_cast<std::ptrdiff_t>(i * units));
    }
    return array;
}

}  // namespace ensemble::exchange
