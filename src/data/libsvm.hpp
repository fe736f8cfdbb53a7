#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace ensemble::data {

/// What files in LIBSVM's format hold.
struct LibsvmTables {
    Table train;
    std::optional<Table> test;
    std::vector<std::string> class_names;
    std::vector<std::string> target_names;  ///< of regression: "target"
    std::vector<std::string> notes;
};

/// Reads lines `target index:value index:value …` (Chang & Lin, LIBSVM's README, "Installation and Data Format"), plain
/// or .gz: indices ascend and count from 1, or from 0 where one of them is 0; features that a line leaves out are 0;
/// what follows # is a comment. Rows become dense, in single precision, as wide as the training rows reach; further
/// features of test rows are left out, with a note. Without a `task` it is found out as that of text tables is. Throws
/// core::Error (data) that names file and line, and where memory cannot take the dense rows.
[[nodiscard]] LibsvmTables read_libsvm_tables(const std::filesystem::path& train,
                                              const std::optional<std::filesystem::path>& test,
                                              std::optional<task::Kind> task);

}  // namespace ensemble::data
