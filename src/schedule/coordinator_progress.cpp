#include <algorithm>
#include <iterator>
#include <limits>
#include <vector>

#include "schedule/coordinator.hpp"
#include "schedule/plan.hpp"

// How far a Coordinator's run is.
namespace ensemble::schedule {

std::uint64_t Coordinator::samples() const noexcept {
    std::uint64_t sum = samples_done_;
    for (const Rank& rank : ranks_) sum += rank.samples;
    return sum;
}

double Coordinator::seconds_left(double now_s) const {
    // What work has cost so far, of finished members and of those in training alike.
    double trained = trained_;
    double spent_s = times_.busy_s();
    std::vector<double> remaining;
    std::vector<double> queued;
    for (const Rank& rank : ranks_) {
        if (rank.lost) continue;
        if (rank.next) queued.push_back(queue_.left(*rank.next));
        double left = 0;
        if (rank.unit) {
            const MemberWork& work = queue_.of(rank.member);
            trained += work.whole * std::max(0.0, rank.progress.fraction - work.done);
            spent_s += now_s - rank.start_s;
            left = work.whole * (1.0 - rank.progress.fraction) +
                   queue_.left({rank.member + 1, rank.unit->end() - rank.member - 1});
        }
        remaining.push_back(left);
    }
    constexpr double enough_to_tell = 0.01;
    if (trained < enough_to_tell) return std::numeric_limits<double>::quiet_NaN();
    std::ranges::copy(queue_.left(), std::back_inserter(queued));
    return makespan(remaining, queued) * spent_s / trained;
}

RunProgress Coordinator::progress(double now_s) const {
    RunProgress progress{.members = results_.size(), .members_done = done_, .epochs = epochs_};
    progress.score = &task_->metrics().front();
    double trained = done_work_;
    for (const Rank& rank : ranks_) {
        progress.ranks.push_back(rank.progress);
        if (rank.unit) trained += queue_.of(rank.member).whole * rank.progress.fraction;
    }
    progress.fraction = std::min(trained / all_work_, 1.0);
    progress.elapsed_s = times_.elapsed_s(now_s);
    progress.left_s = seconds_left(now_s);
    if (progress.elapsed_s > 0) progress.samples_per_s = static_cast<double>(samples()) / progress.elapsed_s;
    return progress;
}

}  // namespace ensemble::schedule
