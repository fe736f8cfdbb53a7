#pragma once

#include <cstddef>

#include "config/options.hpp"

// What --stop-when asks of the settings beside it.
namespace ensemble::config {

/// Members, one after the other, that are like those to come only together, and with which alone a training may stop:
/// a run of snapshots, all combinations of networks and listed values; one where members are alike.
[[nodiscard]] std::size_t members_of_round(const Options& options);

/// Throws core::Error (usage) where what one more member adds cannot be seen: with folds no two members predict the
/// same validation rows; of too few rounds or rows nothing is known.
void require_gains_to_be_seen(const Options& options, std::size_t validation_rows);

}  // namespace ensemble::config
