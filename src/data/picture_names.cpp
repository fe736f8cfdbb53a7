#include "data/picture_names.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/error.hpp"
#include "core/path.hpp"
#include "data/image_file.hpp"

namespace ensemble::data {

namespace fs = std::filesystem;

std::vector<fs::path> entries_of(const fs::path& directory) {
    std::error_code error;
    std::vector<fs::path> paths;
    for (auto at = fs::directory_iterator(directory, error); !error && at != fs::directory_iterator();
         at.increment(error))
        if (!at->path().filename().string().starts_with('.')) paths.push_back(at->path());
    if (error) core::fail(core::Failure::data, "{}: cannot be read: {}", directory.string(), error.message());
    std::ranges::sort(paths, {}, [](const fs::path& path) { return path.filename().string(); });
    return paths;
}

bool is_readable_picture(const fs::path& file) {
    constexpr std::array<std::string_view, 8> others{".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".heic"};
    if (is_picture_name(file)) return true;
    if (std::ranges::none_of(others, [&](std::string_view ending) { return core::has_extension(file, ending); }))
        return false;
    core::fail(core::Failure::data,
               "{}: PNG and JPEG files are read, and this is another kind of picture; convert it, for example with "
               "mogrify -format png",
               file.string());
}

}  // namespace ensemble::data
