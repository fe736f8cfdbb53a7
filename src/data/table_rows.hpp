#pragma once

#include <filesystem>

#include "data/table_lines.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {

/// Reads the rows of a table, all lines but the header, into columns.features, schema, missing, unknown, words and
/// lines. What the columns hold is found from all rows, by those of `like` where it is not null. Adds to the notes
/// which numbers are rounded. `choice` is what the user says. `path` is where `lines` come from: they are read once
/// more where a column turns out to hold words late. REQUIRES: every column has its role. Throws core::Error (data)
/// with the line, the column and what to do.
void read_rows(TableLines& lines, const std::filesystem::path& path, const ColumnChoice& choice, const Columns* like,
               Columns& columns);

}  // namespace ensemble::data
