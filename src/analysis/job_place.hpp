#pragma once

#include <cstddef>
#include <cstdint>

namespace ensemble::analysis {

/// What a job does.
enum class JobKind : std::uint8_t { fit, scores, rows, replicates };

struct JobPlace {
    JobKind kind;
    std::size_t place;  ///< among those that do the same
};

/// Of a job as they are counted through all stages.
[[nodiscard]] inline JobPlace place_of(std::size_t job, std::size_t fits, std::size_t scores, std::size_t rows) {
    if (job < fits) return {.kind = JobKind::fit, .place = job};
    job -= fits;
    if (job < scores) return {.kind = JobKind::scores, .place = job};
    job -= scores;
    if (job < rows) return {.kind = JobKind::rows, .place = job};
    return {.kind = JobKind::replicates, .place = job - rows};
}

}  // namespace ensemble::analysis
