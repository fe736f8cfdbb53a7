#pragma once

#include <set>
#include <string>
#include <string_view>

#include "config/options.hpp"

namespace ensemble::config {

/// What determines the results, as TOML: apply_configuration on it gives the same settings, bit for bit.
[[nodiscard]] std::string to_toml(const Options& options);

/// The same with the settings that say how the run is conducted, for other ranks.
[[nodiscard]] std::string to_complete_toml(const Options& options);

/// What determines the results, as one JSON object with the same names.
[[nodiscard]] std::string to_json(const Options& options);

/// Sets what the TOML `text` says, except the settings named in `keep`; `origin` is its file's name for messages.
/// Returns the names of all settings the text speaks of. Throws core::Error (usage) with file, line and what to do.
std::set<std::string> apply_configuration(Options& options, std::string_view text, std::string_view origin,
                                          const std::set<std::string>& keep = {});

}  // namespace ensemble::config
