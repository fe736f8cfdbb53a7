#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.hpp"
#include "train/hyperparameters.hpp"

namespace ensemble::train {

/// What n rows with labels y weigh together the same in each class: n / (C·n_c) of a row of class c, where n_c > 0 rows
/// have it and C classes have rows; so scikit-learn's compute_class_weight('balanced') has it, after King & Zeng
/// (2001), "Logistic regression in rare events data". A class without rows weighs as one with a single row. [classes]
[[nodiscard]] std::vector<double> balanced_weights(const data::View& rows);

/// How much rows count in a loss: s·c / m, where s is the row's own weight (1 in a table without), c that of its class
/// (1 unless they are balanced), and m the mean of s·c over the training rows. So weights have the mean 1 there, and
/// twice the weight for every row changes nothing. Of a batch the loss is the mean of weight · loss over its rows.
class RowWeights {
public:
    /// Every row counts 1.
    RowWeights() = default;

    /// REQUIRES: some row of `train` weighs more than 0; balanced: it has labels.
    RowWeights(const data::View& train, ClassWeight classes);

    /// Whether every row counts 1.
    [[nodiscard]] bool all_the_same() const noexcept { return own_.empty() && of_class_.empty(); }

    /// Of a row of the table that has the training rows. REQUIRES: row < its rows.
    [[nodiscard]] double of(std::uint32_t row) const;

private:
    std::span<const double> own_;           ///< of each row of the table; empty: 1
    std::span<const std::int32_t> labels_;  ///< where classes have weights
    std::vector<double> of_class_;
    double mean_ = 1;
};

}  // namespace ensemble::train
