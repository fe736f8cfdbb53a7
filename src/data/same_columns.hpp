#pragma once

#include <string>
#include <vector>

#include "data/table_lines.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {

/// Sees to it that a table has as many columns as `like`. `first` holds the fields of its first line.
/// Throws core::Error (data) that tells which names are missing or new.
void require_same_count(const TableLines& lines, const std::vector<std::string>& first, const Columns& like);

/// Sees to it that two headers, where both files have one, are the same; `header` is what the user says about them.
/// REQUIRES: as many columns. Throws core::Error (data).
void require_same_names(const TableLines& lines, const std::vector<std::string>& names, const Columns& like,
                        Header header);

}  // namespace ensemble::data
