#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.hpp"
#include "task/truth.hpp"
#include "train/row_weights.hpp"

namespace ensemble::train {

/// What is true of the rows of a batch, as a loss compares it with outputs: labels, or standardised numbers.
class BatchTruth {
public:
    /// Fetches what `rows` of `table` ask for; numbers become (y − mean) / deviation. `weights` are of that table.
    void select(const data::Table& table, std::span<const std::uint32_t> rows, const task::Scale& scale,
                const RowWeights& weights = {});

    /// Valid until the next select().
    [[nodiscard]] task::Truth truth() const noexcept {
        return {.labels = labels_, .numbers = numbers_, .targets = targets_, .weights = weights_};
    }

private:
    std::vector<std::int32_t> labels_;
    std::vector<float> numbers_;
    std::vector<float> weights_;
    std::size_t targets_ = 1;
};

}  // namespace ensemble::train
