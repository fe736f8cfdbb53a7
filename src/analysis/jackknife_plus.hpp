#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "analysis/block.hpp"
#include "analysis/gain.hpp"

namespace ensemble::analysis {

class IntervalEnds;

/// Which rows each member was trained on, or which of its predictions are to be taken as if it was: [members × rows],
/// 0 or 1.
using TrainedOn = std::span<const std::uint8_t>;

/// Intervals from the training rows themselves, without any row set aside: every row i has a residual R(i) = |y − f_i|,
/// f_i being the mean of what members predict that were not trained on it. For a new row x an interval reaches from the
/// ⌊alpha (n + 1)⌋-th smallest of f_i(x) − R(i) to the ⌈(1 − alpha)(n + 1)⌉-th smallest of f_i(x) + R(i), infinite
/// where there is none. It holds the truth with a probability of at least 1 − 2 alpha; usually it is about 1 − alpha.
///
/// With members of folds this is CV+ (Barber, Candès, Ramdas, Tibshirani 2021); with K folds of n rows its bound is
/// less by the smaller of 2 (1 − 1 / K) / (n / K + 1) and (1 − K / n) / (K + 1), by their theorem 4. With members of
/// bootstrap samples it is jackknife+-after-bootstrap (Kim, Xu, Barber 2020), whose proof has a random number of
/// members. A row that all members were trained on counts as an infinite residual: that makes intervals larger, never
/// smaller.
///
/// Rows that have the same members make a group, so that an interval takes about groups · log(rows of a group) steps
/// and groups · members for the means.
class JackknifePlus {
public:
    /// Where there are more rows, so many of them are used, evenly spaced: with many members nearly every row is a
    /// group, and time would be rows · new rows. The bound holds for any choice of rows that does not look at them.
    static constexpr std::size_t most_bootstrap_rows = 1000;

    /// CV+: `residuals` [rows] are |y − mean prediction of the members of its fold|; `fold` [rows] and `fold_of_member`
    /// [members] are below `folds`. REQUIRES: finite residuals ≥ 0, members in each fold that has rows.
    [[nodiscard]] static JackknifePlus from_folds(std::span<const double> residuals,
                                                  std::span<const std::uint32_t> fold,
                                                  std::span<const std::uint32_t> fold_of_member, double alpha);

    /// Jackknife+-after-bootstrap: what members predict of training rows they were not trained on; other predictions
    /// are not looked at. `target` is that of the numbers. REQUIRES: of what is looked at all is finite.
    [[nodiscard]] static JackknifePlus from_bootstrap(const Block& training, TrainedOn trained_on, std::size_t target,
                                                      double alpha);

    /// The interval of each row for the same target and members; truth is not looked at. A row's interval depends on
    /// nothing but what members predict of it. REQUIRES: finite means.
    [[nodiscard]] std::vector<Interval> intervals(const Block& block, std::size_t target) const;

    [[nodiscard]] std::size_t calibration_rows() const noexcept { return rows_; }

    /// Those that all members were trained on.
    [[nodiscard]] std::size_t rows_without_members() const noexcept { return rows_ - residuals_.size(); }

private:
    using ResidualsByMembers = std::map<std::vector<std::uint32_t>, std::vector<double>>;
    struct Group {
        std::vector<std::uint32_t> members;  ///< whose mean predicts its rows
        std::size_t begin = 0;               ///< of its residuals
        std::size_t end = 0;
    };

    JackknifePlus(std::size_t members, std::size_t rows, double alpha, ResidualsByMembers by_members);

    std::size_t members_;
    std::size_t rows_;
    std::size_t rank_;      ///< of the upper end, from 1
    double threshold_ = 0;  ///< the residual of that rank, all groups together
    double below_ = 0;      ///< residuals of ranks not far from it
    double above_ = 0;
    std::vector<Group> groups_;
    std::vector<double> residuals_;  ///< those of a group together, in ascending order

    friend class IntervalEnds;
};

/// The share of new rows that intervals of CV+ hold the truth of at least: 1 − 2 alpha less the smaller of
/// 2 (1 − 1 / K) / (n / K + 1) and (1 − K / n) / (K + 1), of n rows in K folds (Barber et al. 2021, theorem 4).
[[nodiscard]] double guarantee_of_folds(std::size_t rows, std::size_t folds, double alpha);

}  // namespace ensemble::analysis
