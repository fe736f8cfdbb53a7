#pragma once

#include <cstdint>
#include <vector>

#include "config/settings.hpp"

namespace ensemble::config {

/// A member's number is part of the key of its random streams, and sums of probabilities hold so many members.
inline constexpr std::uint64_t most_members = std::uint64_t{1} << 22U;

/// The settings that say how members differ, and what they are together.
[[nodiscard]] std::vector<Setting> ensemble_settings();

}  // namespace ensemble::config
