#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/block.hpp"

namespace ensemble::analysis {

/// Which ensembles of some of the members are looked at: those of the first `sizes` members of each order. Those of one
/// member, of all but one and of all are no matter of chance: there are few enough to look at each.
struct Subsets {
    std::vector<std::size_t> sizes;                  ///< ascending, from 2 to two less than all members
    std::vector<std::vector<std::uint32_t>> orders;  ///< of all places in the committee, at random

    [[nodiscard]] std::size_t count() const noexcept { return orders.size() * sizes.size(); }
};

/// Up to 64 orders, fewer of many members; order r is drawn from the stream (seed, significance, epoch 2, step r).
/// Every size of few members; of many ones about four in each doubling. A pure function. REQUIRES: members > 0.
[[nodiscard]] Subsets subsets_of(std::size_t members, std::uint64_t seed);

/// What the first combination of a task, the average or the mixture, says of some rows as members join it one by one:
/// in doubles and thus, but for rounding, what the combination itself says. Local.
class GrowingEnsemble {
public:
    GrowingEnsemble(task::Kind kind, std::size_t numbers);

    /// Starts again without members.
    void clear();

    /// `predictions` [numbers] of one more.
    void add(std::span<const float> predictions);

    /// REQUIRES: a member at least; `out` [numbers].
    void predict(std::span<float> out) const;

private:
    task::Kind kind_;
    std::size_t members_ = 0;
    std::vector<double> sums_;     ///< of probabilities; of a mean and variances: running mean, sum of variances
    std::vector<double> squares_;  ///< of distances from the mean, one for each number of regression
};

/// The same for all members but one.
class ReducedEnsemble {
public:
    /// What the block refers to must outlive it. REQUIRES: two members at least.
    explicit ReducedEnsemble(const Block& block);

    /// The ensemble without the member at that place: `out` [rows × width].
    void predict_without(std::size_t member, std::span<float> out) const;

private:
    Block block_;
    std::vector<double> centre_;  ///< sums of probabilities; means of means
    std::vector<double> spread_;  ///< regression: sum of variances and of squared distances from the centre
};

}  // namespace ensemble::analysis
