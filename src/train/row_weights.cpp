#include "train/row_weights.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace ensemble::train {

std::vector<double> balanced_weights(const data::View& rows) {
    const auto labels = rows.table->labels();
    std::vector<std::size_t> counts(rows.table->outputs());
    for (const std::uint32_t row : rows.rows) ++counts[static_cast<std::size_t>(labels[row])];
    const auto absent = std::ranges::count(counts, std::size_t{0});
    const double all =
        static_cast<double>(rows.size()) / static_cast<double>(counts.size() - static_cast<std::size_t>(absent));
    std::vector<double> weights;
    for (const std::size_t count : counts)
        weights.push_back(all / static_cast<double>(std::max<std::size_t>(count, 1)));
    return weights;
}

RowWeights::RowWeights(const data::View& train, ClassWeight classes) : own_(train.table->weights()) {
    if (classes == ClassWeight::balanced) {
        labels_ = train.table->labels();
        of_class_ = balanced_weights(train);
    }
    if (all_the_same()) return;
    double sum = 0;
    for (const std::uint32_t row : train.rows) sum += of(row);
    core::require(sum > 0, "some row of those to be learnt from counts");
    mean_ = sum / static_cast<double>(train.size());
}

double RowWeights::of(std::uint32_t row) const {
    const double own = own_.empty() ? 1 : own_[row];
    const double of_class = of_class_.empty() ? 1 : of_class_[static_cast<std::size_t>(labels_[row])];
    return own * of_class / mean_;
}

}  // namespace ensemble::train
