#pragma once

#include <cstdint>
#include <filesystem>

namespace ensemble::store {

/// What an unfinished or finished run says about itself in its directory.
enum class RunState : std::uint8_t {
    none,      ///< no run has begun there
    begun,     ///< it can be gone on with
    finished,  ///< nothing is left to do
};

/// Local. Throws core::Error (data) where the summary is damaged, so that nobody knows.
[[nodiscard]] RunState state_of_run(const std::filesystem::path& directory);

}  // namespace ensemble::store
