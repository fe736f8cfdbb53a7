#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace ensemble::data {

/// What a directory of IDX files holds.
struct IdxTables {
    Table train;
    Table test;
    std::vector<std::string> class_names;  ///< empty where the labels go from 0 without a gap
    std::vector<std::string> notes;        ///< what was decided for the user
};

/// Reads the four files of MNIST and its kin (LeCun, Cortes, Burges: "The MNIST database", section "File formats"); see
/// find_idx_files() for their names. Images are rows × columns, or with channels last or first, of bytes, other whole
/// numbers or floats; bytes are seen by a network as 0 to 1. Every label of the training rows is a class.
/// Throws core::Error (data) that names the file, the byte or field, and what to do.
[[nodiscard]] IdxTables read_idx(const std::filesystem::path& directory);

}  // namespace ensemble::data
