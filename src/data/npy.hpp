#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/npy_file.hpp"

namespace ensemble::data {

/// What NumPy files hold.
struct NpyTables {
    Table train;
    std::optional<Table> test;
    std::vector<std::string> class_names;
    std::vector<std::string> target_names;  ///< of regression: "target", or "target 1", "target 2", …
    std::vector<std::string> notes;         ///< what was decided for the user
};

struct NpyRequest {
    std::filesystem::path train;         ///< features
    std::filesystem::path train_target;  ///< what is to be learnt about them
    std::optional<std::filesystem::path> test;
    std::filesystem::path test_target;  ///< where there is a test
    std::optional<task::Kind> task;
};

/// The features and targets of the training rows or of the test rows, each open and not yet read.
struct NpyPair {
    NpyFile features;
    NpyFile targets;
    std::optional<NpyFile> lengths = {};  ///< of sequences of different lengths, how many steps of each row count
};

/// Reads arrays of whole numbers, truth values and floats of half to double precision, in either byte order and in C or
/// Fortran order, plain or .gz. Features: rows × features, rows × T × F (sequences, or grey images of T × F pixels), or
/// rows × height × width × channels, or with the channels first; see item_axes(). Targets: one number or word per row,
/// one column of 0 and 1 per class, or rows × columns numbers for regression. Bytes of more than one axis are seen by a
/// network as 0 to 1. Test rows may be stored otherwise than training rows.
/// With lengths, rows are rows × T × F or rows × T, of which T is cut to the longest row, so that it does not matter by
/// how much they are filled up.
/// Throws core::Error (data) that names the file and the row.
[[nodiscard]] NpyTables read_npy_tables(const NpyRequest& request);

/// The same of files that are open; they are read to their ends.
[[nodiscard]] NpyTables read_npy_tables(NpyPair train, std::optional<NpyPair> test, std::optional<task::Kind> task);

}  // namespace ensemble::data
