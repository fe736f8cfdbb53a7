#pragma once

#include <filesystem>
#include <vector>

namespace ensemble::data {

/// The entries of a directory in the order of their names, without hidden ones. Throws core::Error (data) for what is
/// no directory, or cannot be read.
[[nodiscard]] std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory);

/// True for names that end as those of PNG and JPEG files do. Throws core::Error (data) that says what to do where the
/// name is that of another kind of picture.
[[nodiscard]] bool is_readable_picture(const std::filesystem::path& file);

}  // namespace ensemble::data
