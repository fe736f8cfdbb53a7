#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/header.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {

/// The first lines of a text table.
struct FirstLines {
    std::string file;        ///< for messages
    std::size_t number = 0;  ///< of the first line in the file
    std::vector<std::string> first;
    std::vector<Fields> below;
};

/// True if the first line names the columns: because `choice` says so, because it names a column itself, because the
/// line is the header of `like`, the table to agree with (or null), or by judge_first_line(). Adds to `notes` what the
/// user should know. Throws core::Error: data where it could be either, usage for a name that is not there.
[[nodiscard]] bool has_header(const FirstLines& lines, const ColumnChoice& choice, const Columns* like,
                              std::vector<std::string>& notes);

}  // namespace ensemble::data
