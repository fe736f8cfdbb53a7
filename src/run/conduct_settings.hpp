#pragma once

#include <vector>

#include "run/settings.hpp"

namespace ensemble::run {

/// The settings that say how a run is conducted, not what comes out of it.
[[nodiscard]] std::vector<Setting> conduct_settings();

}  // namespace ensemble::run
