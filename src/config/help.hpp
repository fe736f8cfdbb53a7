#pragma once

#include <string>

namespace ensemble::config {

/// What --help says below the options: presets, losses, combinations, data and what is done to them, how members
/// differ.
[[nodiscard]] std::string help_footer();

}  // namespace ensemble::config
