#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "data/header.hpp"

namespace ensemble::data {

/// A line of a text table in its fields.
struct Line {
    Fields fields;
    std::size_t number = 0;
};

/// Looks at the first lines of a table for what stands above it: throws core::Error (data) where one or a few have
/// another number of fields than all those below, as titles have, or a header over R's names of rows.
/// `separator` is how messages call what separates fields.
void refuse_lines_above(const std::string& file, std::span<const Line> lines, std::string_view separator);

/// True if the second line names columns, so that the first one is a title, or the second one holds units.
[[nodiscard]] bool has_second_header(std::span<const Line> lines);

}  // namespace ensemble::data
