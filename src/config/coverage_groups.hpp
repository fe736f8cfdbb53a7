#pragma once

#include "analysis/coverage.hpp"
#include "config/options.hpp"
#include "data/dataset.hpp"
#include "data/split.hpp"

namespace ensemble::config {

/// The groups of test rows that `options.coverage_by` asks for, empty without: a group for each value where the column
/// has few of them, as categories have, else up to four, cut at the quartiles of the training rows. A cut belongs to
/// the group below. Throws core::Error (usage) where there is no such column.
[[nodiscard]] analysis::RowGroups coverage_groups(const Options& options, const data::Source& source,
                                                  const data::Split& split);

}  // namespace ensemble::config
