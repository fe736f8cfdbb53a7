#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace ensemble::data {

/// The number that is seen as `seen`, for people: seen · deviation + mean with the digits that single precision has
/// left of it, at most seven, and no zeros at the end.
[[nodiscard]] std::string number_as_read(double seen, double mean, double deviation);

/// The columns of prepared rows: those with names, or each feature by itself. Empty where rows are no lists.
[[nodiscard]] std::vector<Column> columns_of(const Source& source);

/// A value of a text table's column for people: the number, the level, "missing" or "unknown".
[[nodiscard]] std::string text_of_value(const Column& column, double value);

/// Of a column that is several features: which of them, counted from 0, is the largest as it was read.
[[nodiscard]] std::size_t largest_feature(const Source& source, const Column& column, std::size_t first,
                                          std::span<const float> row);

/// What stood in a column of a row, as a network sees the row: a number; of a column that is several features, the
/// number from 1 of the largest. `first` is the column's first feature. REQUIRES: features are still of their own.
[[nodiscard]] std::string value_as_read(const Source& source, const Column& column, std::size_t first,
                                        std::span<const float> row);

/// What stands in the column at that place, counted from 0, of a row of a table of `source`, for people. `first` is the
/// column's first feature. REQUIRES: features are still of their own.
[[nodiscard]] std::string value_as_read(const Source& source, const Table& table, std::size_t place, std::size_t first,
                                        std::uint32_t row);

}  // namespace ensemble::data
