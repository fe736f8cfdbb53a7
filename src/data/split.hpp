#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/dataset.hpp"

namespace ensemble::data {

struct SplitRequest {
    std::optional<double> test_fraction = std::nullopt;  ///< unset: the source's own test table, else 0.2
    double validation_fraction = 0.1;                    ///< of the rows left for training
    std::size_t train_limit = 0;  ///< keep only the first so many training rows after the shuffle; 0: all
    std::size_t folds = 0;        ///< parts of which members leave one out each; 0: none
    bool stratify = false;        ///< of classes, keep their shares in every part; of numbers nothing
    std::uint64_t seed = 1;
};

/// Some rows that follow one another.
struct RowRange {
    std::size_t first = 0;
    std::size_t count = 0;

    [[nodiscard]] std::size_t end() const noexcept { return first + count; }
};

/// Which rows serve what. Indices into the source's train table; `test` into its test table if test_is_separate.
struct Split {
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> validation;
    std::vector<std::uint32_t> test;
    bool test_is_separate = false;
    /// With folds: where each part begins in `train`, and the end of the last; empty without.
    std::vector<std::size_t> fold_bounds = {};

    /// The rows of part `fold` in `train`. REQUIRES: there are folds.
    [[nodiscard]] RowRange fold(std::size_t number) const;
};

/// Part `fold` of `folds` of so many rows: all parts together are all rows, and no part is longer than another by more
/// than one. REQUIRES: fold < folds <= rows.
[[nodiscard]] RowRange part_of(std::size_t rows, std::size_t fold, std::size_t folds);

/// Shuffles by (seed, split) and cuts: test share first (unless separate), then validation, then train, then the limit.
/// With folds there is no validation share: `train` and `validation` are the same rows, all but those for testing.
/// Stratified, each part and the limit take of every class its share, rounded down or up by chance, see apportion(),
/// the first rows of it in the shuffled order: any row is as likely in a part as any other, but that a class with a
/// single row stays in training. Rows of one group go to one part, see place_groups(),
/// whose shares are then as near as groups allow; a limit may take some rows of a group.
/// Data of fewer than ten rows (a truth table such as xor) are trained, validated and tested on all rows.
/// Throws core::Error (usage) if a part would be empty, saying which and how many rows or groups there are.
[[nodiscard]] Split split(const Source& source, const SplitRequest& request);

/// The three parts as views; valid as long as `source` and `split` live where they are.
[[nodiscard]] View train_view(const Source& source, const Split& split);
[[nodiscard]] View validation_view(const Source& source, const Split& split);
[[nodiscard]] View test_view(const Source& source, const Split& split);

/// A member's bootstrap sample: rows.size() draws with replacement, keyed by (seed, member).
[[nodiscard]] std::vector<std::uint32_t> bootstrap(std::span<const std::uint32_t> rows, std::uint64_t seed,
                                                   std::uint32_t member);

/// A member's random subspace: round(fraction · features), at least one, feature indices in ascending order.
[[nodiscard]] std::vector<std::uint32_t> choose_features(std::size_t features, double fraction, std::uint64_t seed,
                                                         std::uint32_t member);

/// The rows in the order of one epoch, keyed by (seed, member, epoch).
void epoch_order(std::span<const std::uint32_t> rows, std::uint64_t seed, std::uint32_t member, std::uint32_t epoch,
                 std::vector<std::uint32_t>& order);

}  // namespace ensemble::data
