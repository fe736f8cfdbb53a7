#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace ensemble::data {

/// The column to be learnt, as a file has it.
struct TargetColumn {
    std::string file;                ///< for messages
    std::string column;              ///< for messages: "column 3 ('kind')"; empty where the file has no other
    std::vector<std::string> words;  ///< one per row
    std::vector<std::size_t> lines;  ///< of the rows in the file; empty: rows are counted from 0
};

/// What Tables are made with.
struct Targets {
    task::Kind task = task::Kind::classification;
    std::size_t outputs = 0;
    SharedBytes train;
    std::optional<SharedBytes> test;
    std::vector<std::string> class_names;
    std::vector<std::string> notes = {};  ///< as Source has them
};

/// Makes labels or numbers of the words: labels number the classes in the order of ClassNames. Without a `task`,
/// classification if a word is no number or if there are few whole numbers: at most 20 different ones, each twice on
/// average, or at most 100 none of which is ten times as rare as they are on average. What is_gap() knows is refused,
/// but for the - of classes that are called + and -. `test` may be null. Throws core::Error (data) that names file,
/// line and column.
[[nodiscard]] Targets make_targets(const TargetColumn& train, const TargetColumn* test, std::optional<task::Kind> task);

/// The same of one or several columns; several are numbers to be learnt, whose targets come row after row. `test` may
/// be empty. REQUIRES: with several columns the task is not classification.
[[nodiscard]] Targets make_targets(std::span<const TargetColumn> train, std::span<const TargetColumn> test,
                                   std::optional<task::Kind> task);

}  // namespace ensemble::data
