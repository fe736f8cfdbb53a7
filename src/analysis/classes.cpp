#include "analysis/classes.hpp"

#include <algorithm>
#include <numeric>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

bool all_below(std::span<const std::int32_t> labels, std::size_t classes) {
    return std::ranges::all_of(
        labels, [classes](std::int32_t label) { return label >= 0 && static_cast<std::size_t>(label) < classes; });
}

}  // namespace

Confusion::Confusion(std::span<const std::int32_t> labels, std::span<const std::int32_t> predicted, std::size_t classes)
    : classes_(classes), counts_(classes * classes) {
    core::require(labels.size() == predicted.size(), "every item has one label and one prediction");
    core::require(all_below(labels, classes) && all_below(predicted, classes), "labels and predictions are classes");
    for (std::size_t item = 0; item < labels.size(); ++item) {
        ++counts_[static_cast<std::size_t>(labels[item]) * classes + static_cast<std::size_t>(predicted[item])];
    }
}

std::int64_t Confusion::count(std::size_t label, std::size_t predicted) const {
    core::require(label < classes_ && predicted < classes_, "a confusion matrix is asked for its classes");
    return counts_[label * classes_ + predicted];
}

std::int64_t Confusion::items(std::size_t label) const {
    core::require(label < classes_, "a confusion matrix is asked for its classes");
    const auto row = counts_.begin() + static_cast<std::ptrdiff_t>(label * classes_);
    return std::accumulate(row, row + static_cast<std::ptrdiff_t>(classes_), std::int64_t{0});
}

std::optional<double> Confusion::recall(std::size_t label) const {
    const std::int64_t all = items(label);
    if (all == 0) return std::nullopt;
    return static_cast<double>(count(label, label)) / static_cast<double>(all);
}

Baseline majority(std::span<const std::int32_t> train, std::span<const std::int32_t> test, std::size_t classes) {
    core::require(!train.empty() && !test.empty(), "a baseline needs training and test items");
    core::require(all_below(train, classes) && all_below(test, classes), "labels are classes");
    std::vector<std::size_t> counts(classes);
    for (const std::int32_t label : train) ++counts[static_cast<std::size_t>(label)];
    const auto largest = std::ranges::max_element(counts) - counts.begin();
    const auto hits = std::ranges::count(test, static_cast<std::int32_t>(largest));
    return {.label = static_cast<std::size_t>(largest),
            .accuracy = static_cast<double>(hits) / static_cast<double>(test.size())};
}

}  // namespace ensemble::analysis
