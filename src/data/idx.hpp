#pragma once

#include <filesystem>
#include <optional>

#include "data/dataset.hpp"

namespace data {

/// What a directory of IDX files holds.
struct IdxTables {
    Table train;
    Table test;
};

/// Reads the four files of MNIST and its kin (LeCun, Cortes, Burges: "The MNIST database", section "File formats"):
/// {train,t10k}-images-idx3-ubyte and {train,t10k}-labels-idx1-ubyte, plain or with .gz, also spelt `.idx3-ubyte`.
/// Items are {rows, columns} bytes, seen by a network as 0 to 1; classes are 0 to the largest training label.
/// Throws core::Error (data) that names the file, the byte or field, and what to do.
[[nodiscard]] IdxTables read_idx(const std::filesystem::path& directory);

}  // namespace data
