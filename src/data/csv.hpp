#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace data {

/// What a text table, and perhaps a second one with test rows, hold.
struct TextTables {
    Table train;
    std::optional<Table> test;
    std::vector<std::string> class_names;
};

struct TextRequest {
    std::filesystem::path train;
    std::optional<std::filesystem::path> test;
    std::string target;  ///< name or number, counted from 1, of the column to be learnt; empty: the last one
    std::optional<Task> task;
};

/// Reads tables of numbers with one column to be learnt, plain or .gz: separators as Records finds them, the first line
/// taken for a header if that is what it looks like. Features are stored as doubles, without loss.
/// Throws core::Error: data with file, line and column, usage for a target that is not there.
[[nodiscard]] TextTables read_text_tables(const TextRequest& request);

}  // namespace data
