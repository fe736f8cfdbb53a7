#pragma once

#include <optional>
#include <span>

#include "analysis/results.hpp"
#include "config/experiment.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// What the ensemble is compared with where --mc-dropout asks for it: so many passes of one member with dropout left
/// on, combined as members are by default. The member is the first of `members` that is included and has dropout;
/// nothing where there is none. Writes what it predicts of each evaluation set whose truth is known, but for
/// the validation rows, to predictions/SET/mc-NNNN.npy. Root only; all members that are included have finished. Throws
/// core::Error (run, data).
[[nodiscard]] std::optional<store::DropoutBaseline> write_dropout_baseline(
    const config::Experiment& experiment, const store::RunDirectory& directory,
    std::span<const analysis::MemberResult> members);

}  // namespace ensemble::run
