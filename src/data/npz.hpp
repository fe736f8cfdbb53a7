#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/dataset.hpp"
#include "data/npy.hpp"

namespace ensemble::data {

/// Archives as numpy.savez and numpy.savez_compressed write them, and how they are to be understood.
struct NpzRequest {
    std::filesystem::path train;
    std::optional<std::filesystem::path> test;  ///< another archive with the test rows
    std::string target;                         ///< name of the array to be learnt; empty: one of those below
    std::optional<task::Kind> task;
};

/// Reads the arrays of an archive by their names, each as read_npy_tables() has it: features x, X, x_train, X_train,
/// data or features; what is to be learnt y, Y, y_train, Y_train, target, targets, label or labels; test rows, if they
/// are there, x_test or X_test and y_test or Y_test; lengths or lengths_train, and lengths_test, where rows are
/// sequences of different lengths. An archive of test rows may call them either way. Other arrays are left out, with a
/// note. Throws core::Error (data) that lists what the archive holds where an array is missing, or where two of them
/// could be meant.
[[nodiscard]] NpyTables read_npz_tables(const NpzRequest& request);

/// Rows to be predicted.
struct NpzFeatures {
    NpyFile features;
    std::optional<NpyFile> lengths;  ///< where rows are sequences of different lengths
};

/// The features alone, of test rows if they are there.
[[nodiscard]] NpzFeatures npz_features(const std::filesystem::path& path);

}  // namespace ensemble::data
