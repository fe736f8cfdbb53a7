#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analysis/study.hpp"

namespace ensemble::analysis {

/// Some rows of a set and the members that predict them, to be analysed together.
struct RowJob {
    std::size_t set = 0;
    std::size_t first = 0;
    std::size_t count = 0;
    std::vector<std::uint32_t> places;  ///< of these members in the committee
};

/// At most so many rows are read together of so many members, `row` numbers of each row in all: few enough for their
/// numbers to stay in a cache, and never so few that opening the files takes longer. REQUIRES: rows and row > 0.
[[nodiscard]] std::size_t rows_of_block(std::size_t rows, std::size_t row);

/// All rows of a set, and some of the members that predict them, to be scored one by one.
struct ScoreJob {
    std::size_t set = 0;
    std::size_t first = 0;  ///< of these members in the committee
    std::size_t count = 0;
};

/// All members on the test rows, and on all sets of these that are changed, where their truth is known. A pure
/// function.
[[nodiscard]] std::vector<ScoreJob> score_jobs(const Study& study, const Committee& committee);

/// All rows of all sets that every member predicts, each once, a set after the other; with folds, of the validation
/// rows only those that a member of the committee was not trained on, and each with those members. A pure function.
[[nodiscard]] std::vector<RowJob> row_jobs(const Study& study, const Committee& committee);

/// The weights of some of the members, made to sum to 1; all the same where these have none. Empty where all
/// count the same.
[[nodiscard]] std::vector<double> weights_among(const std::vector<double>& all, std::span<const std::uint32_t> places);

}  // namespace ensemble::analysis
