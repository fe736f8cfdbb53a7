#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/buffer.hpp"
#include "data/column_choice.hpp"
#include "data/header.hpp"

namespace ensemble::data {

/// Which columns of a text table are wanted for what, as TextRequest has it.
struct ColumnChoice {
    std::string target;
    std::string ignore;
    Header header = Header::automatic;
};

/// A text table as read.
struct Columns {
    std::string file;
    std::vector<std::string> header;              ///< empty if the file has none
    std::size_t count = 0;                        ///< of columns
    std::vector<std::size_t> targets;             ///< which columns, in the order in which they are asked for
    std::vector<bool> ignored;                    ///< by column
    std::vector<std::size_t> places;              ///< of the columns that are features
    core::Buffer<double> features;                ///< [rows × places]
    std::vector<std::size_t> lines;               ///< of the rows
    std::vector<std::vector<std::string>> words;  ///< of each target column
    std::vector<std::string> notes;               ///< as Source has them
};

/// Reads one file; `like` is the table it must agree with, or null. Throws core::Error as read_text_tables() does.
[[nodiscard]] Columns read_columns(const std::filesystem::path& path, const ColumnChoice& choice, const Columns* like);

}  // namespace ensemble::data
