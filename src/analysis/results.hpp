#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/classes.hpp"
#include "analysis/combination.hpp"
#include "analysis/diversity.hpp"
#include "analysis/gain.hpp"
#include "analysis/gains.hpp"
#include "analysis/row_results.hpp"
#include "analysis/study.hpp"
#include "task/score.hpp"

namespace ensemble::analysis {

/// What became of one member.
struct MemberResult {
    std::uint32_t index = 0;
    std::size_t parameters = 0;  ///< that are learnt
    std::uint32_t epochs = 0;    ///< completed
    double train_s = 0;
    double validation_loss = 0;
    double validation_score = 0;  ///< of the task's first metric, as training saw it
    task::Scores validation{};    ///< of its predictions; empty for an excluded member
    task::Scores test{};
    std::string excluded;  ///< why the member is no part of the ensemble; empty if it is

    [[nodiscard]] bool is_included() const noexcept { return excluded.empty(); }
};

/// How good one combination is, alone and against the members.
struct CombinationResult {
    const Combination* combination = nullptr;
    std::vector<double> weights = {};  ///< of each included member; empty where all count the same
    task::Scores scores;
    /// By metric; nothing for those that have no value or no better side.
    std::vector<std::optional<Gain>> over_mean;
    std::vector<std::optional<PairedGain>> over_best;
    Confusion by_class;  ///< of classification
};

struct EnsembleResult {
    std::vector<CombinationResult> combinations;  ///< all of the task's kind, in their order
    task::Scores mean_member;                     ///< of means over rows, the metric of the mean over the members
    std::uint32_t best_member = 0;                ///< index of the member chosen on validation data
    task::Scores best_member_test;
    DiversityResult diversity = {};  ///< of the first combination
};

/// The index of the member that is best on validation data, see task::Task::order; of equals the lowest. Excluded
/// members are never chosen. Nothing if none is included.
[[nodiscard]] std::optional<std::uint32_t> choose_best(const task::Task& task, std::span<const MemberResult> members);

/// The members that are included, and which are best; nothing if none is included.
[[nodiscard]] std::optional<Committee> committee_of(const task::Task& task, std::span<const MemberResult> members);

/// The scores of each of the combinations of the task's kind. A pure function.
[[nodiscard]] std::vector<task::Scores> combination_scores(const task::Task& task, std::size_t targets,
                                                           const RowResults& rows, const task::Truth& truth);

/// The scores of the mean member: of metrics that are means over rows, the metric of the mean over members and rows; of
/// others the mean of the members'. `members` are the scores of each of the members that `rows` are of.
[[nodiscard]] task::Scores mean_member_scores(const task::Task& task, std::size_t targets, const RowResults& rows,
                                              std::span<const task::Scores> members);

/// Everything the summary says about the ensemble. Root only; a pure function.
/// Gains in metrics that are no means over rows are told where `whole` is there. `replicated` are the replicates of
/// what ask_gains() asks for; without them they are computed here. REQUIRES: `rows` are those of the included members,
/// and of the one choose_best() names as the best; `truth` of the same rows.
[[nodiscard]] EnsembleResult evaluate(const task::Task& task, std::size_t targets, const RowResults& rows,
                                      const task::Truth& truth, std::span<const MemberResult> members,
                                      std::uint64_t seed, const WholeReferences* whole = nullptr,
                                      std::span<const double> replicated = {});

/// Takes what is known of the members among themselves, and with it the intervals of the first combination's gains that
/// hold for other members too. REQUIRES: it is of the same members and rows.
void add_diversity(EnsembleResult& result, DiversityResult diversity);

}  // namespace ensemble::analysis
