#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "task/metric.hpp"

namespace ensemble::schedule {

/// What one rank is doing.
struct RankProgress {
    bool training = false;  ///< false: it waits, and the rest means nothing
    bool lost = false;      ///< it is no more
    std::uint32_t member = 0;
    std::uint32_t epoch = 0;  ///< the one under way, counted from 1
    std::size_t epochs = 0;   ///< of this member; 0: as many as most
    double fraction = 0;      ///< of the member's training
    double loss = std::numeric_limits<double>::quiet_NaN();
    double validation_score = std::numeric_limits<double>::quiet_NaN();  ///< after the last epoch
};

/// The state of a run at one moment.
struct RunProgress {
    std::size_t members = 0;
    std::size_t members_done = 0;
    std::size_t epochs = 0;  ///< of a member; of several numbers the largest
    double fraction = 0;     ///< of all training
    double elapsed_s = 0;    ///< since training began
    double left_s = std::numeric_limits<double>::quiet_NaN();
    double samples_per_s = 0;
    const task::Metric* score = nullptr;  ///< what validation_score is; null: accuracy
    std::vector<RankProgress> ranks = {};
};

}  // namespace ensemble::schedule
