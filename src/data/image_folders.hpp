#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/image_size.hpp"

namespace ensemble::data {

/// Pictures in a folder for each class.
struct ImageFolderTables {
    Table train;
    std::optional<Table> test;
    std::vector<std::string> class_names;
    std::vector<std::string> notes;
};

struct ImageFolderRequest {
    std::filesystem::path train;
    std::optional<std::filesystem::path> test;
    std::optional<ImageSize> size;  ///< else all pictures have the same
};

/// True if `directory` has folders with PNG or JPEG files, directly or as train/ and test/, and no IDX files.
[[nodiscard]] bool holds_image_folders(const std::filesystem::path& directory);

/// Reads DIRECTORY/CLASS/*.png, .jpg and .jpeg, or DIRECTORY/train/CLASS/… and, if it is there, DIRECTORY/test/CLASS/…;
/// rows come in the order of their paths. Names of classes are those of the folders, and test rows have no others.
/// Pictures are grey where all of them are, else in colour, and are seen by a network as 0 to 1. See read_picture().
/// Throws core::Error (data) that names the file, and two of them where sizes differ and none is asked for.
[[nodiscard]] ImageFolderTables read_image_folders(const ImageFolderRequest& request);

}  // namespace ensemble::data
