#pragma once

#include <filesystem>

namespace ensemble::data {

/// The four files of a data set.
struct IdxFiles {
    std::filesystem::path train_images;
    std::filesystem::path train_labels;
    std::filesystem::path test_images;
    std::filesystem::path test_labels;
};

/// Finds the one data set in a directory: names such as train-images-idx3-ubyte, t10k-labels.idx1-ubyte.gz or
/// emnist-letters-test-images-idx3-ubyte, with one beginning for all four. A plain file goes before a compressed one.
/// Throws core::Error (data) where a file is missing, or where there are several sets.
[[nodiscard]] IdxFiles find_idx_files(const std::filesystem::path& directory);

}  // namespace ensemble::data
