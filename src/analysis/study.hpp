#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/contract.hpp"
#include "task/task.hpp"
#include "task/truth.hpp"

namespace ensemble::analysis {

/// What rows are predicted for.
enum class SetUse : std::uint8_t {
    validation,  ///< weights are fitted on them
    test,        ///< results are told of them
    shift,       ///< the test rows, changed
    foreign,     ///< rows from elsewhere, of which nothing is true
    grid,        ///< points of the plane, of which nothing is true
    shuffled,    ///< test rows whose columns have values of other rows
    out_of_bag,  ///< training rows, each predicted by the members alone whose bootstrap samples are without it
};

/// What was done to test rows.
struct SetShift {
    std::string name = {};  ///< "rotate"
    double value = 0;       ///< how far
    std::string unit = {};  ///< "degrees"
};

/// Rows that finished members predict, and what is true of them where that is known.
struct EvaluationSet {
    std::string name;                       ///< of its directory: "test"
    std::size_t count = 0;                  ///< rows
    std::vector<std::int32_t> labels = {};  ///< of classification
    std::vector<float> numbers = {};        ///< of regression, [count × targets]
    std::size_t targets = 1;
    SetUse use = SetUse::test;
    SetShift shift = {};  ///< of changed test rows

    [[nodiscard]] bool has_truth() const noexcept { return !labels.empty() || !numbers.empty(); }
    [[nodiscard]] task::Truth truth() const { return {.labels = labels, .numbers = numbers, .targets = targets}; }
};

/// The members that make up the ensemble.
struct Committee {
    std::vector<std::uint32_t> members;  ///< ascending
    std::uint32_t best = 0;              ///< of these the one that is best on validation data
    std::uint32_t second = 0;            ///< the best of the others; of a single member itself

    /// Of a member among these. REQUIRES: it is one.
    [[nodiscard]] std::size_t place_of(std::uint32_t member) const {
        const auto found = std::ranges::lower_bound(members, member);
        core::require(found != members.end() && *found == member, "the best member is one of the ensemble's");
        return static_cast<std::size_t>(found - members.begin());
    }
};

/// What an analysis is a function of, beside what the members predict: the same on every rank.
struct Study {
    const task::Task* task = nullptr;
    std::size_t targets = 1;     ///< classes, or numbers to be learnt
    std::size_t validation = 0;  ///< place among the sets of the rows that weights are fitted on
    std::size_t test = 1;        ///< of those that results are told of
    std::vector<const EvaluationSet*> sets;
    /// With folds: where their parts of the validation set begin, and its end; member i predicts part i modulo their
    /// number alone. Without: empty, and each member predicts all.
    std::vector<std::size_t> fold_bounds = {};
    /// Training looked at the validation rows (early stopping), so that they are not like rows nobody has seen.
    bool validation_guides_training = false;
    /// Rows come in groups that lie in one part each: then a new row, of a group of its own, is less like the
    /// validation rows than these are like each other.
    bool rows_are_grouped = false;
    std::uint64_t seed = 1;

    /// The place of the first set that serves that; nothing if there is none.
    [[nodiscard]] std::optional<std::size_t> find(SetUse use) const {
        const auto found = std::ranges::find(sets, use, &EvaluationSet::use);
        if (found == sets.end()) return std::nullopt;
        return static_cast<std::size_t>(found - sets.begin());
    }

    /// Whether the validation rows are to members as rows nobody has seen, and drawn like these one by one, which is
    /// what conformal prediction rests on.
    [[nodiscard]] bool validation_is_exchangeable() const noexcept {
        return !validation_guides_training && !rows_are_grouped;
    }

    [[nodiscard]] std::size_t folds() const noexcept { return fold_bounds.empty() ? 0 : fold_bounds.size() - 1; }
    [[nodiscard]] std::size_t width() const noexcept { return task->predicted_width(targets); }
};

/// What members predict of rows [first, first + count) of the set at that place: [members × count × width].
using ReadPredictions = std::function<std::vector<float>(std::size_t set, std::span<const std::uint32_t> members,
                                                         std::size_t first, std::size_t count)>;

}  // namespace ensemble::analysis
