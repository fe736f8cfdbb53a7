#pragma once

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <string_view>

namespace ensemble::core {

/// `path` without "." and doubled slashes. One with ".." stays as it is: behind a symbolic link that leads elsewhere
/// than to the directory named before it.
[[nodiscard]] inline std::filesystem::path tidy_path(const std::filesystem::path& path) {
    const bool climbs = std::ranges::any_of(path, [](const std::filesystem::path& part) { return part == ".."; });
    return climbs ? path : path.lexically_normal();
}

/// True if the name ends in `extension` (".gz"), in whatever case: X.NPY is written on systems that have but one.
[[nodiscard]] inline bool has_extension(const std::filesystem::path& path, std::string_view extension) {
    const std::string own = path.extension().string();
    const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
    return std::ranges::equal(own, extension, same);
}

}  // namespace ensemble::core
