#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analysis/analysis.hpp"
#include "analysis/detection.hpp"

namespace ensemble::analysis {

/// How good everybody is on test rows that are changed. Members, weights and the best member are those of the run.
struct ShiftResult {
    SetShift shift;
    std::vector<task::Scores> combinations;  ///< of each of the task's combinations
    task::Scores mean_member;
    task::Scores best_member;  ///< of the one chosen on validation data
    std::string set = {};      ///< the rows' name
};

/// Of every set of changed test rows, in their order. A pure function. REQUIRES: the analysis is over.
[[nodiscard]] std::vector<ShiftResult> shift_results(const Analysis& analysis);

/// How well one measure of uncertainty tells rows from elsewhere from test rows.
struct MeasureDetection {
    std::string measure;   ///< as uncertainty_names() has it
    Detection foreign;     ///< rows from elsewhere are what is to be found
    double test_aupr = 0;  ///< average precision where test rows are what is to be found, by how certain they are
};

struct ForeignResult {
    std::size_t rows = 0;
    std::vector<MeasureDetection> measures;
};

/// Of the rows from elsewhere; nothing where there are none. `targets` are the names of the numbers that are predicted;
/// classes need none. A pure function. REQUIRES: the analysis is over.
[[nodiscard]] std::optional<ForeignResult> foreign_result(const Analysis& analysis,
                                                          const std::vector<std::string>& targets);

}  // namespace ensemble::analysis
