#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/buffer.hpp"
#include "core/names.hpp"
#include "data/column.hpp"
#include "data/column_choice.hpp"
#include "data/header.hpp"

namespace ensemble::data {

/// What is done about values that are missing. `indicate`: the mean of the training rows stands for them, and a feature
/// of their own says so; of categories they are a level. `mean`: the mean alone; of categories none of the levels.
enum class Missing : std::uint8_t { indicate, mean, refuse };

constexpr auto enum_names(Missing) {
    return std::array{core::Named{Missing::indicate, "indicate"}, core::Named{Missing::mean, "mean"},
                      core::Named{Missing::refuse, "refuse"}};
}

/// Which columns of a text table are wanted for what, as TextRequest has it.
struct ColumnChoice {
    std::string target;
    std::string ignore;
    std::string categorical = {};
    std::string use = {};
    std::string weight = {};
    std::string group = {};
    Header header = Header::automatic;
    Missing missing = Missing::indicate;
};

/// A column that is left out although nobody asked for it.
struct LeftOut {
    std::size_t place = 0;
    std::string why;  ///< "counts the rows"
};

/// A text table as read.
struct Columns {
    std::string file;
    std::vector<std::string> header;              ///< empty if the file has none
    std::size_t count = 0;                        ///< of columns
    std::vector<std::size_t> targets;             ///< which columns, in the order in which they are asked for
    std::vector<bool> ignored;                    ///< by column
    std::vector<bool> categorical;                ///< by column: asked for as categories, whatever they hold
    std::vector<bool> used;                       ///< by column: asked for, whatever they look like
    std::optional<std::size_t> weight;            ///< the column with the weights of rows
    std::optional<std::size_t> group;             ///< the column that says which rows belong together
    std::vector<std::size_t> places;              ///< of the columns that are features
    std::vector<Column> schema;                   ///< of each of these, without names
    core::Buffer<double> features;                ///< [rows × places], as Column has them
    std::vector<std::size_t> missing;             ///< of each of these: rows without a value
    std::vector<std::size_t> unknown;             ///< of each of these: rows with a level that the training file lacks
    std::vector<LeftOut> left_out;                ///< that are no features because of what they hold
    std::vector<std::size_t> lines;               ///< of the rows
    std::vector<std::vector<std::string>> words;  ///< of each target column
    std::vector<double> weights;                  ///< of the rows; empty without such a column, and of test rows
    std::vector<std::string> groups;              ///< of the rows, as written; empty without such a column
    std::vector<std::string> notes;               ///< as Source has them
};

/// Reads one file; `like` is the table it must agree with, or null. Throws core::Error as read_text_tables() does.
[[nodiscard]] Columns read_columns(const std::filesystem::path& path, const ColumnChoice& choice, const Columns* like);

}  // namespace ensemble::data
