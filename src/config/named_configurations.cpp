#include "config/named_configurations.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace ensemble::config {
namespace {

namespace fs = std::filesystem;

/// Where the files are; empty where there are none.
fs::path folder_of_configurations() {
    std::error_code none;
    const fs::path program = fs::read_symlink("/proc/self/exe", none).parent_path();
    for (const fs::path& folder : {program / "presets", program / ENSEMBLE_DATA_FROM_PROGRAMS / "presets",
                                   fs::path(ENSEMBLE_DATA) / "presets"}) {
        if (fs::is_directory(folder, none)) return folder;
    }
    return {};
}

std::string first_comment(const fs::path& file) {
    std::string line;
    std::getline(std::ifstream(file) >> std::ws, line);
    if (!line.starts_with("#")) return "";
    return line.substr(std::min(line.size(), line.find_first_not_of("# ")));
}

}  // namespace

std::vector<NamedConfiguration> named_configurations() {
    std::vector<NamedConfiguration> all;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder_of_configurations(), none)) {
        const fs::path& file = entry.path();
        if (file.extension() == ".toml") all.push_back({file.stem().string(), first_comment(file), file});
    }
    std::ranges::sort(all, {}, &NamedConfiguration::name);
    return all;
}

std::string configuration_file(const std::string& given) {
    std::error_code none;
    const bool is_file = fs::exists(given, none) && !fs::is_directory(given, none);  // or a pipe
    if (is_file || given.find('/') != std::string::npos) return given;
    const auto all = named_configurations();
    const auto found = std::ranges::find(all, given, &NamedConfiguration::name);
    return found == all.end() ? given : found->file.string();
}

}  // namespace ensemble::config
