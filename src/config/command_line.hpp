#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "config/options.hpp"

namespace ensemble::config {

/// What a command line asks for.
struct Invocation {
    Options options;
    std::set<std::string> chosen;  ///< settings that were given, by option, --config, preset or the run to go on with
    bool has_choices = false;      ///< a setting that determines results was given, by option or by --config
    bool print_config = false;     ///< only the configuration is wanted
    bool describes = false;        ///< what the data hold is asked for, and no run
    std::optional<std::uint32_t> replay;  ///< the member of the run in options.out that is to be trained again
    std::string answer;                   ///< of --help and the like: to be printed instead of a run
    std::vector<std::string> notes;       ///< on how options were given; whole sentences without "note:"
};

/// Reads the words after the program's name, and the files named by --config and --net @FILE. Local.
/// Throws core::Error: usage for options and configuration, data for a network file that cannot be read.
[[nodiscard]] Invocation parse_command_line(std::span<const char* const> words);

/// "0.1.0".
[[nodiscard]] std::string version();

}  // namespace ensemble::config
