#pragma once

#include <optional>
#include <span>

#include "analysis/results.hpp"
#include "config/experiment.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// How good the combinations of those members are that were not trained on a row, over all rows that there are such
/// members of; nothing without folds. From the members' files, a block of rows at a time. Root only.
[[nodiscard]] std::optional<store::OutOfFold> out_of_fold(const config::Experiment& experiment,
                                                          const store::RunDirectory& directory,
                                                          std::span<const analysis::MemberResult> members);

}  // namespace ensemble::run
