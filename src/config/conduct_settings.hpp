#pragma once

#include <vector>

#include "config/settings.hpp"

namespace ensemble::config {

/// The settings that say how a run is conducted, not what comes out of it.
[[nodiscard]] std::vector<Setting> conduct_settings();

}  // namespace ensemble::config
