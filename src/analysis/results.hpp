#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "analysis/classes.hpp"
#include "analysis/combination.hpp"
#include "analysis/gain.hpp"
#include "analysis/scores.hpp"

namespace ensemble::analysis {

/// What became of one member.
struct MemberResult {
    std::uint32_t index = 0;
    std::size_t parameters = 0;  ///< that are learnt
    std::uint32_t epochs = 0;    ///< completed
    double train_s = 0;
    double validation_loss = 0;
    double validation_score = 0;
    Scores test{};         ///< meaningless for an excluded member
    std::string excluded;  ///< why the member is no part of the ensemble; empty if it is
};

/// How good the combinations are, alone and against the members.
struct EnsembleResult {
    Scores average;                 ///< soft voting
    double vote_accuracy = 0;       ///< hard voting
    Scores mean_member;             ///< mean of the included members' scores
    std::uint32_t best_member = 0;  ///< index of the member chosen on validation data
    Scores best_member_test;
    Gain average_over_mean;
    PairedGain average_over_best;
    Gain vote_over_mean;
    PairedGain vote_over_best;
    Confusion average_by_class;
    Confusion vote_by_class;
};

/// The index of the member that is best on validation data: highest accuracy, then lowest loss, then lowest index.
/// Excluded members are never chosen, and a value that is NaN is worse than any other. Nothing if none is included.
[[nodiscard]] std::optional<std::uint32_t> choose_best(std::span<const MemberResult> members);

/// Everything the summary says about the ensemble. Root only; a pure function.
/// REQUIRES: `total` holds every included member once and the one choose_best() names as the best; `labels` [items].
[[nodiscard]] EnsembleResult evaluate(const Contribution& total, std::span<const std::int32_t> labels,
                                      std::span<const MemberResult> members, std::uint64_t seed);

}  // namespace ensemble::analysis
