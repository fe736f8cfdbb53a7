#pragma once

#include "config/options.hpp"

// What --snapshots asks of the settings beside it. All throw core::Error (usage) saying what to do.
namespace ensemble::config {

/// A run's epochs are divided among its members. REQUIRES: it is known how many there are.
void require_whole_cycles(const Options& options);

/// A run leaves all its members behind, and none that could hold out rows of its own.
void require_whole_runs(const Options& options);

}  // namespace ensemble::config
