#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "analysis/jackknife_plus.hpp"
#include "analysis/study.hpp"

namespace ensemble::analysis {

/// A way to make intervals for numbers from rows that members were trained on.
struct PlusMethod {
    std::string_view name;  ///< in files: "cv+"
    std::string_view text;  ///< what it is, in a line
    std::size_t rows = 0;   ///< that residuals are of
    double guaranteed = 0;  ///< share of new rows that it holds the truth of, at least
};

/// How that is done with these members: CV+ with folds, jackknife+-after-bootstrap with bootstrap samples; nothing
/// where all members see the same rows, or for classes. `alpha` is as for JackknifePlus. A pure function.
[[nodiscard]] std::optional<PlusMethod> plus_method(const Study& study, const Committee& committee, double alpha);

/// Intervals around the mean of the members, see JackknifePlus, for each target.
class PlusIntervals {
public:
    /// Reads what members predict of rows that they were not trained on. Throws what `read` throws.
    /// REQUIRES: plus_method() has one.
    PlusIntervals(const Study& study, const Committee& committee, const ReadPredictions& read, double alpha);

    /// Of the block's rows: [targets × rows]. REQUIRES: a block of all members of the committee.
    [[nodiscard]] std::vector<Interval> of(const Block& block) const;

private:
    std::vector<JackknifePlus> targets_;
};

}  // namespace ensemble::analysis
