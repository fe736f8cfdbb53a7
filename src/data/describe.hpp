#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/csv.hpp"

namespace ensemble::data {

/// What a column of a text table is taken for.
struct ColumnDescription {
    std::string name;         ///< "column 3" where it has none
    std::string role;         ///< "feature", "to be learnt", "ignored" or "left out"
    std::string values;       ///< "numbers from 17 to 90", "9 levels: …"; empty where they are not read
    std::size_t missing = 0;  ///< rows
    std::string remark;       ///< why it is left out, or how it is seen
};

/// What a text table is taken for.
struct TableDescription {
    std::string file;
    std::size_t rows = 0;
    bool has_header = false;
    std::string task;                        ///< "classification, 2 classes", "regression"
    std::vector<ColumnDescription> columns;  ///< in the order of the file
    std::vector<std::string> notes;          ///< as Source has them
};

/// Reads the table of request.train as read_text_tables() does, and says what each column is taken for. Local. Throws
/// core::Error likewise.
[[nodiscard]] TableDescription describe_table(const TextRequest& request);

}  // namespace ensemble::data
