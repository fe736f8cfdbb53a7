#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "analysis/interval.hpp"
#include "analysis/member_sums.hpp"
#include "analysis/study.hpp"

namespace ensemble::analysis {

/// A measure of two members: [members × members], symmetric. NaN where it is not defined, as of members without errors.
struct PairMeasure {
    std::string_view name;
    std::vector<double> values;
};

/// What ensembles of so many members reach in a metric, over random choices of them.
struct SizeResult {
    std::size_t members = 0;
    std::vector<double> mean;      ///< by metrics_by_size()
    std::vector<Interval> spread;  ///< 5 to 95 % of the choices
};

/// A mean over rows, and over the targets of regression.
struct AmbiguitySplit {
    double mean_member = 0;
    double diversity = 0;
    double ensemble = 0;  ///< mean_member − diversity, found by itself
};

/// How much a gain varies when other members are trained, found by leaving out each in turn (jackknife). What the
/// choice of rows has in that is taken out, since an interval over rows has it already.
struct MemberVariation {
    double over_mean = 0;  ///< standard error of the gain over the mean member
    double over_best = 0;
};

/// What members are among themselves, on the test rows, and what fewer of them would be. All of the first combination.
struct DiversityResult {
    std::vector<std::size_t> metrics;  ///< metrics_by_size(): what the values below are of
    std::vector<SizeResult> by_size;
    std::vector<PairMeasure> pairs;               ///< of the first members, most_paired at most; none of a single one
    AmbiguitySplit ambiguity;                     ///< of the squared error; of the Brier score
    std::optional<AmbiguitySplit> log_ambiguity;  ///< of classes: of the log loss of the geometric mean
    std::vector<std::vector<double>> without;     ///< [members][metrics] of the ensemble without a member
    std::vector<MemberVariation> variation;       ///< by metrics; empty with fewer than three members
    std::vector<std::pair<std::uint32_t, std::uint32_t>> twins;  ///< members that predict the same, bit for bit
};

/// From the sums over all rows. A pure function.
[[nodiscard]] DiversityResult diversity_of(const task::Task& task, std::size_t targets, const Subsets& subsets,
                                           const Committee& committee, const MemberSums& sums);

/// The 95 % interval of a gain whose members may be others as well: each end as far from `value` as the root of the
/// squares of its distance in `rows` and of what `error` is for Student's t with a degree of freedom less than members.
[[nodiscard]] Interval widened(double value, const Interval& rows, double error, std::size_t members);

}  // namespace ensemble::analysis
