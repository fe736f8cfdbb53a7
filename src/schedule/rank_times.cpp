#include "schedule/rank_times.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "schedule/plan.hpp"

namespace ensemble::schedule {

void RankTimes::start(double now_s) noexcept {
    if (!std::exchange(has_started_, true)) first_start_s_ = now_s;
}

double RankTimes::busy_s() const noexcept {
    return std::accumulate(stretches_s_.begin(), stretches_s_.end(), 0.0);
}

double RankTimes::idle_fraction() const noexcept {
    const double offered = offered_s();
    return offered > 0 ? std::clamp(1.0 - busy_s() / offered, 0.0, 1.0) : 0.0;
}

double RankTimes::efficiency_bound() const {
    return schedule::efficiency_bound(stretches_s_, ranks_);
}

double RankTimes::communication_fraction() const noexcept {
    const double offered = offered_s();
    return offered > 0 ? talk_s_ / offered : 0.0;
}

}  // namespace ensemble::schedule
