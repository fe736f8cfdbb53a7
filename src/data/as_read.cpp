#include "data/as_read.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/contract.hpp"

namespace ensemble::data {
namespace {

/// Digits behind the point at which numbers of this size are still what was read.
int digits_left(double value, double seen_part) {
    constexpr double single = 0x1p-24;   // half a step, of what is stored
    constexpr double twofold = 0x1p-48;  // some steps, of what is computed from that
    constexpr int most_significant = 7;
    const double size = std::max(std::abs(value), std::abs(seen_part));
    const double error = single * std::abs(seen_part) + twofold * size;
    const int certain = static_cast<int>(std::floor(-std::log10(2 * error)));
    const int wanted = most_significant - 1 - static_cast<int>(std::floor(std::log10(size)));
    return std::clamp(std::min(certain, wanted), 0, 300);
}

}  // namespace

std::string number_as_read(double seen, double mean, double deviation) {
    constexpr double largest_plain = 1e15;
    constexpr double smallest_plain = 1e-6;
    const double part = seen * deviation;
    const double value = part + mean;
    if (value == 0 || !std::isfinite(value)) return fmt::format("{}", value + 0.0);
    const int digits = digits_left(value, part);
    std::string text = fmt::format("{:.{}f}", value, digits);
    if (digits > 0) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.')) text.pop_back();
    }
    if (text == "-0") return "0";
    const double size = std::abs(value);
    return text != "0" && (size < smallest_plain || size >= largest_plain) ? fmt::format("{:.7g}", value) : text;
}

std::vector<Column> columns_of(const Source& source) {
    const core::Shape& shape = source.train.shape();
    if (shape.rank() != 1) return {};
    std::vector<Column> columns = source.columns;
    for (std::size_t i = 0; source.columns.empty() && i < shape.elements(); ++i)
        columns.push_back({.name = fmt::format("feature {}", i + 1)});
    return columns;
}

std::size_t largest_feature(const Source& source, const Column& column, std::size_t first, std::span<const float> row) {
    core::require(first + column.features <= row.size(), "a row has the features of its columns");
    const task::Scale& scale = source.feature_scale;
    const auto number = [&](std::size_t i) {
        return double{row[first + i]} * scale.deviation_of(first + i) + scale.mean_of(first + i);
    };
    std::size_t largest = 0;
    for (std::size_t i = 1; i < column.features; ++i) largest = number(i) > number(largest) ? i : largest;
    return largest;
}

std::string value_as_read(const Source& source, const Column& column, std::size_t first, std::span<const float> row) {
    if (column.features > 1) return fmt::format("{}", largest_feature(source, column, first, row) + 1);
    const task::Scale& scale = source.feature_scale;
    return number_as_read(double{row[first]}, scale.mean_of(first), scale.deviation_of(first));
}

std::string text_of_value(const Column& column, double value) {
    if (std::isnan(value)) return "missing";
    if (column.kind == ColumnKind::number) return number_as_read(value, 0, 1);
    return value >= 0 && value < static_cast<double>(column.levels.size())
               ? column.levels[static_cast<std::size_t>(value)]
               : std::string("unknown");
}

std::string value_as_read(const Source& source, const Table& table, std::size_t place, std::size_t first,
                          std::uint32_t row) {
    if (table.encoder() != nullptr) return text_of_value(source.columns[place], table.stored_row(row)[place]);
    std::vector<float> seen(table.shape().elements());
    table.gather(std::span(&row, 1), seen.data(), seen.size());
    return value_as_read(source, columns_of(source)[place], first, seen);
}

}  // namespace ensemble::data
