#pragma once

namespace ensemble::fuzz {

/// Begins to watch which ways a reader goes, where it is compiled for that (ENSEMBLE_SANITIZE=fuzz).
void forget_ways();

/// True if some way was gone that none has gone before, or one as often as none before. False where nothing is watched.
[[nodiscard]] bool found_new_way();

}  // namespace ensemble::fuzz
