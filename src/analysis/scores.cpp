#include "analysis/scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

constexpr std::size_t bin_count = 15;
constexpr double smallest_probability = 0x1p-40;

struct Bin {
    double confidence = 0;  ///< summed largest probabilities
    double hits = 0;
};

/// Exact: a float times 15 fits a double. Inner edges k/15 are no floats, so it does not matter which bin owns them.
std::size_t bin_of(double confidence) {
    return std::min(static_cast<std::size_t>(confidence * static_cast<double>(bin_count)), bin_count - 1);
}

}  // namespace

std::vector<std::int32_t> most_probable(std::span<const float> probabilities, std::size_t classes) {
    core::require(classes > 0 && probabilities.size() % classes == 0, "probabilities come as whole rows");
    std::vector<std::int32_t> chosen(probabilities.size() / classes);
    for (std::size_t item = 0; item < chosen.size(); ++item) {
        const auto row = probabilities.subspan(item * classes, classes);
        chosen[item] = static_cast<std::int32_t>(std::max_element(row.begin(), row.end()) - row.begin());
    }
    return chosen;
}

std::vector<std::int64_t> hits(std::span<const std::int32_t> predicted, std::span<const std::int32_t> labels) {
    core::require(predicted.size() == labels.size(), "every item has one prediction and one label");
    std::vector<std::int64_t> right(labels.size());
    for (std::size_t item = 0; item < labels.size(); ++item) right[item] = predicted[item] == labels[item] ? 1 : 0;
    return right;
}

Scores score(std::span<const float> probabilities, std::span<const std::int32_t> labels, std::size_t classes) {
    core::require(!labels.empty(), "scores need at least one item");
    core::require(probabilities.size() == labels.size() * classes, "every item has one probability per class");
    core::require(
        std::ranges::all_of(
            labels, [classes](std::int32_t label) { return label >= 0 && static_cast<std::size_t>(label) < classes; }),
        "every label is one of the classes");
    const std::vector<std::int32_t> chosen = most_probable(probabilities, classes);
    double right = 0;
    double nll = 0;
    double brier = 0;
    std::array<Bin, bin_count> bins;
    for (std::size_t item = 0; item < labels.size(); ++item) {
        const float* row = probabilities.data() + item * classes;
        const auto label = static_cast<std::size_t>(labels[item]);
        const double hit = chosen[item] == labels[item] ? 1.0 : 0.0;
        right += hit;
        nll -= std::log(std::max<double>(row[label], smallest_probability));
        for (std::size_t c = 0; c < classes; ++c) {
            const double error = static_cast<double>(row[c]) - (c == label ? 1.0 : 0.0);
            brier += error * error;
        }
        const double confidence = row[chosen[item]];
        Bin& bin = bins.at(bin_of(confidence));
        bin.confidence += confidence;
        bin.hits += hit;
    }
    double gap = 0;
    for (const Bin& bin : bins) gap += std::abs(bin.confidence - bin.hits);
    const auto items = static_cast<double>(labels.size());
    return {.accuracy = right / items, .nll = nll / items, .brier = brier / items, .ece = gap / items};
}

}  // namespace ensemble::analysis
