#pragma once

#include <vector>

#include "config/settings.hpp"

namespace ensemble::config {

/// The settings that say how members differ, and what they are together.
[[nodiscard]] std::vector<Setting> ensemble_settings();

}  // namespace ensemble::config
