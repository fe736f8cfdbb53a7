#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/buffer.hpp"
#include "data/dataset.hpp"
#include "data/header.hpp"
#include "data/targets.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {

/// What a text table, and perhaps a second one with test rows, hold.
struct TextTables {
    Table train;
    std::optional<Table> test;
    std::vector<std::string> class_names;
    std::vector<std::string> target_names;  ///< of the columns to be learnt
    std::string weight_name;                ///< of the column with weights, as files and people see it; may be empty
    std::string group_name;                 ///< likewise
    std::vector<Column> columns;            ///< that are features
    std::vector<std::string> notes;         ///< as Source has them
};

struct TextRequest {
    std::filesystem::path train = {};
    std::optional<std::filesystem::path> test = {};
    /// The column to be learnt, its name or else its number from 1, or several as parse_columns() reads them; empty:
    /// the last one.
    std::string target = {};
    std::optional<task::Kind> task = {};
    Header header = Header::automatic;  ///< of both files
    std::string ignore = {};            ///< columns that are left out, as parse_columns() reads them
    std::string categorical = {};       ///< columns whose numbers are names of levels, likewise
    std::string use = {};               ///< columns that stay although they seem to be of no use, likewise
    std::string weight = {};            ///< the column with the weights of rows, a name or else a number
    std::string group = {};             ///< the column whose values say which rows belong together, likewise
    Missing missing = Missing::indicate;
};

/// Reads tables with one or several columns to be learnt, plain or .gz: separators as Records finds them, the first
/// line taken for a header if judge_first_line() says so. Features are stored as doubles, as Column has them: numbers
/// without loss, levels by their place. Weights are numbers of at least 0 and not all 0, of the training rows alone;
/// groups are numbered in the order in which both tables name them, those that only test rows have last. Throws
/// core::Error: data with file, line and column, usage for a column that is not there.
[[nodiscard]] TextTables read_text_tables(const TextRequest& request);

/// Which columns a request wants for what.
[[nodiscard]] ColumnChoice choice_of(const TextRequest& request);

/// The target columns of a table as make_targets() takes them; their words leave `columns`.
[[nodiscard]] std::vector<TargetColumn> targets_of(Columns& columns);

/// The features [rows × columns] of a table like that of the training rows, whose targets may be anything. Throws as
/// read_text_tables() does.
struct TextFeatures {
    std::size_t columns = 0;
    core::Buffer<double> values;
};
[[nodiscard]] TextFeatures read_text_features(const std::filesystem::path& path, const TextRequest& like);

}  // namespace ensemble::data
