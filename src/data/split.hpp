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
    std::uint64_t seed = 1;
};

/// Which rows serve what. Indices into the source's train table; `test` into its test table if test_is_separate.
struct Split {
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> validation;
    std::vector<std::uint32_t> test;
    bool test_is_separate = false;
};

/// Shuffles by (seed, split) and cuts: test share first (unless separate), then validation, then train, then the limit.
/// Data of fewer than ten rows (a truth table such as xor) are trained, validated and tested on all rows.
/// Throws core::Error (usage) if a part would be empty, saying which and how many rows there are.
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
