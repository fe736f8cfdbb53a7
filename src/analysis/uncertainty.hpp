#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/block.hpp"
#include "task/kind.hpp"

namespace ensemble::analysis {

/// What the members say of one question about one row, with what several measures need. Entropies are in nats.
struct Opinions {
    std::size_t members = 0;
    std::size_t stride = 0;              ///< numbers from one member's prediction of the row to the next member's
    std::span<const float> predictions;  ///< from the first member's on: probabilities, or mean and variance
    std::span<const double> mean;        ///< [classes] mean probabilities; regression: mean of means, of variances
    std::span<const double> votes;       ///< [classes] members that choose each class
    std::size_t chosen = 0;              ///< the class of the largest mean probability, first of equals
    double mean_entropy = 0;             ///< of a member's probabilities, the mean over members
    double divergence = 0;               ///< of members' probabilities from the mean's (Kullback, Leibler), mean

    [[nodiscard]] double of(std::size_t member, std::size_t number) const {
        return predictions[member * stride + number];
    }
};

/// A way to say in one number how uncertain an ensemble is of a row; larger is less certain.
struct UncertaintyMeasure {
    std::string_view name;  ///< in files: "mutual_information"
    std::string_view text;  ///< what it is, in a line
    task::Kind kind;        ///< what it is asked of
    double (*of)(const Opinions& opinions);
};

/// All of them. A new measure is an entry there.
[[nodiscard]] std::span<const UncertaintyMeasure> uncertainty_measures() noexcept;

/// Those for one kind of task, in that order.
[[nodiscard]] std::vector<const UncertaintyMeasure*> uncertainty_measures_of(task::Kind kind);

/// The columns of uncertainties(): the measures' names; of several targets those of the first target, each after its
/// name ("weight_aleatoric_variance"), then those of the next. `targets` are their names, of which only the number
/// counts where there is one.
[[nodiscard]] std::vector<std::string> uncertainty_names(task::Kind kind, std::span<const std::string> targets);

/// Every measure of every row: [rows × questions × measures]. Local; a row's values depend on nothing but what the
/// members predict of it, taken in the order of their index. REQUIRES: at least one member; probabilities in [0, 1],
/// finite means, variances of at least 0.
[[nodiscard]] std::vector<float> uncertainties(const Block& block);

}  // namespace ensemble::analysis
