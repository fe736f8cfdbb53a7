#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/interval.hpp"

namespace ensemble::analysis {

class Analysis;

/// The columns of a table whose values are handed out anew among test rows, as a set of use `shuffled` has them: row
/// (column · repeats + repeat) · places + i of it is test row places[i] with another value of that column.
struct ShuffledColumns {
    std::vector<std::string> names;
    std::size_t repeats = 0;
    std::vector<std::size_t> places;
};

/// What a combination loses by that in the task's first metric; positive where it becomes worse.
struct ColumnImportance {
    std::string name;
    double loss = 0;
    /// The shufflings are these; what is random is the choice of test rows.
    Interval ci95 = {};
};

struct ImportanceResult {
    std::size_t repeats = 0;
    std::size_t rows = 0;  ///< test rows that were shuffled
    std::vector<ColumnImportance> columns;
};

/// Permutation importance (Breiman: "Random forests", Machine Learning 45 (2001), 5–32) of each column for the
/// combination at place `combine`: its metric on these test rows less that over all shufflings of the column, a paired
/// gain with its interval, see Gain. A pure function. REQUIRES: the analysis is over, and has a set of shuffled rows
/// that are those `columns` tell of.
[[nodiscard]] ImportanceResult importance_of(const Analysis& analysis, std::size_t combine,
                                             const ShuffledColumns& columns);

}  // namespace ensemble::analysis
