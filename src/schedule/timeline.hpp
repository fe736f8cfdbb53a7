#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "schedule/message.hpp"
#include "schedule/work_queue.hpp"
#include "store/timeline.hpp"

namespace ensemble::schedule {

/// Makes out what every rank does from what the root hears of them and tells them, with the time of each. Every moment
/// of a rank belongs to one activity, until it is lost. It neither sends nor waits.
class Timeline {
public:
    /// All ranks wait from time 0 on.
    explicit Timeline(int ranks) : ranks_(static_cast<std::size_t>(ranks)) {}

    // `now_s` never goes back.
    void heard(int rank, const Message& message, double now_s);
    void told(int rank, const Message& message, double now_s);
    void lost(int rank, double now_s);

    /// All is over.
    void end(double now_s);

    /// The activities that have ended since the last call, in the order of their ends.
    [[nodiscard]] std::vector<store::TimelineEntry> take();

private:
    struct Rank {
        store::Activity activity = store::Activity::idle;
        double since_s = 0;
        std::deque<std::uint32_t> members;          ///< handed out: the one under way, and those behind it
        std::size_t jobs = 0;                       ///< of the analysis, handed out
        std::optional<store::TimelineEntry> ended;  ///< which may yet go on
        bool is_over = false;
    };

    /// The activity under way ends, and another begins.
    void turn_to(Rank& rank, int number, store::Activity activity, double now_s);
    void put(Rank& rank, const store::TimelineEntry& entry);
    void flush(Rank& rank);

    std::vector<Rank> ranks_;
    std::vector<store::TimelineEntry> ended_;
};

}  // namespace ensemble::schedule
