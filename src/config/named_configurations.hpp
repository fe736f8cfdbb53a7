#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ensemble::config {

/// A configuration file that comes with the programs, for --config NAME.
struct NamedConfiguration {
    std::string name;     ///< of its file, without .toml
    std::string purpose;  ///< its first line, a comment
    std::filesystem::path file;
};

/// All of them by name: of the folder presets/ beside the running program, as in a build, or else of the one that was
/// installed with it, wherever that has been moved to since. Empty where there is neither. Local.
[[nodiscard]] std::vector<NamedConfiguration> named_configurations();

/// The file that --config `given` means: the file of that path or, where there is none, the named configuration;
/// `given` itself where it is neither. Local.
[[nodiscard]] std::string configuration_file(const std::string& given);

}  // namespace ensemble::config
