#pragma once

#include <vector>

#include "config/settings.hpp"

namespace ensemble::config {

/// The settings that say what the data are, how they are split and what is done to them.
[[nodiscard]] std::vector<Setting> data_settings();

}  // namespace ensemble::config
