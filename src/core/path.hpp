#pragma once

#include <algorithm>
#include <filesystem>

namespace core {

/// `path` without "." and doubled slashes. One with ".." stays as it is: behind a symbolic link that leads elsewhere
/// than to the directory named before it.
[[nodiscard]] inline std::filesystem::path tidy_path(const std::filesystem::path& path) {
    const bool climbs = std::ranges::any_of(path, [](const std::filesystem::path& part) { return part == ".."; });
    return climbs ? path : path.lexically_normal();
}

}  // namespace core
