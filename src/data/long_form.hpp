#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/shape.hpp"
#include "data/csv.hpp"
#include "data/row_stream.hpp"

namespace ensemble::data {

/// Sequences in a text table whose rows are their steps: rows one after the other with the same value in one column are
/// a sequence. Its target is that of all its rows; columns are features of a step.
struct SequenceTables {
    Table train;  ///< as Description::ragged has it
    std::optional<Table> test;
    std::vector<std::string> class_names;
    std::vector<std::string> target_names;
    std::string weight_name;  ///< as TextTables has them; a sequence has one weight and one group
    std::string group_name;
    std::vector<std::string> channels;  ///< names of the features of a step
    std::vector<std::string> notes;     ///< as Source has them
};

/// Reads such tables, both files with as many steps as the longest sequence has. `sequence` names the column that tells
/// sequences apart, as parse_columns() reads one. Throws core::Error as read_text_tables() does, and data with the line
/// where a target, weight or group changes within a sequence, a value is missing, or a column holds categories.
/// REQUIRES: request.target names columns.
[[nodiscard]] SequenceTables read_sequence_tables(const TextRequest& request, const std::string& sequence);

/// What is wanted of sequences that are to be predicted.
struct SequenceRowRequest {
    core::Shape shape;     ///< steps at most, and features
    std::string sequence;  ///< the column that tells them apart, which is handed on
    TextRowRequest rows;   ///< of the steps; its columns are the features of one, and keep is of no effect
};

/// Sequences of such a table, one after the other, as rows that end with steps of NaN. What is true of one is what is
/// true of its first step. Throws core::Error: data for one that has more steps than there may be, or a gap.
[[nodiscard]] std::unique_ptr<RowStream> open_sequence_rows(const std::filesystem::path& path,
                                                            const SequenceRowRequest& request);

}  // namespace ensemble::data
