#pragma once

#include "data/table_lines.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {

/// Reads the rows of a table, all lines but the header, into columns.features, words and lines. Adds to the notes which
/// numbers are rounded. `header` is what the user says about the first line.
/// REQUIRES: every column has its role. Throws core::Error (data) with the line, the column and what to do.
void read_rows(TableLines& lines, Header header, Columns& columns);

}  // namespace ensemble::data
