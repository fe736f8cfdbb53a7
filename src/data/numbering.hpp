#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ensemble::data {

/// How a column of a table counts its rows, if it does.
enum class Numbering {
    none,
    counts,     ///< rises or falls by one step from row to row, or holds each number of a range once, in any order
    identifies  ///< has a name such as Id, and a whole number of its own in every row
};

/// True for names that columns have which name the rows: Id, index, row_no, customer_id.
[[nodiscard]] bool names_rows(std::string_view name);

/// Of every column of `values` [rows × names], row after row. A network that sees such a column learns how the file is
/// sorted. `names` may be empty strings; fewer than ten rows tell nothing.
[[nodiscard]] std::vector<Numbering> find_numberings(std::span<const double> values,
                                                     const std::vector<std::string>& names);

}  // namespace ensemble::data
