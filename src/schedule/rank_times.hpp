#pragma once

#include <cstddef>
#include <vector>

namespace ensemble::schedule {

/// What became of the ranks' time, from the first member that was handed out to the end of the last. Times are seconds
/// of one clock.
class RankTimes {
public:
    explicit RankTimes(std::size_t ranks) : ranks_(ranks) {}

    /// A member is handed out.
    void start(double now_s) noexcept;

    /// A rank was busy with one member for so long.
    void add_stretch(double seconds) { stretches_s_.push_back(seconds); }

    /// A rank spent so long with messages.
    void add_talk(double seconds) noexcept { talk_s_ += seconds; }

    /// A member was trained, or given up, until now.
    void end(double now_s) noexcept { last_end_s_ = now_s; }

    /// From the first member handed out to the last one's end.
    [[nodiscard]] double train_s() const noexcept { return last_end_s_ - first_start_s_; }

    /// Since the first member was handed out; 0 before.
    [[nodiscard]] double elapsed_s(double now_s) const noexcept { return has_started_ ? now_s - first_start_s_ : 0; }

    /// Of all ranks together, with members that are done.
    [[nodiscard]] double busy_s() const noexcept;

    /// Share of the ranks' time in which they had nothing to do; and that time, of all ranks together.
    [[nodiscard]] double idle_fraction() const noexcept;
    [[nodiscard]] double idle_s() const noexcept { return idle_fraction() * offered_s(); }

    /// The share of that time that members as long as these could have taken at most, whatever the schedule.
    [[nodiscard]] double efficiency_bound() const;

    /// Share of the ranks' time in training that their messages took.
    [[nodiscard]] double communication_fraction() const noexcept;

private:
    [[nodiscard]] double offered_s() const noexcept { return train_s() * static_cast<double>(ranks_); }

    std::size_t ranks_;
    std::vector<double> stretches_s_;  ///< that ranks were busy with one member
    double talk_s_ = 0;
    bool has_started_ = false;
    double first_start_s_ = 0;
    double last_end_s_ = 0;
};

}  // namespace ensemble::schedule
