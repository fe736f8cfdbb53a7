#include "schedule/timeline.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace ensemble::schedule {

using store::Activity;
using store::TimelineEntry;

/// What goes on without a gap is one entry: a rank that is given one job of the analysis after the other.
void Timeline::put(Rank& rank, const TimelineEntry& entry) {
    if (entry.to_s <= entry.from_s) return;
    const bool goes_on = rank.ended && rank.ended->activity == entry.activity && rank.ended->member == entry.member &&
                         rank.ended->to_s == entry.from_s;
    if (goes_on) {
        rank.ended->to_s = entry.to_s;
        return;
    }
    flush(rank);
    rank.ended = entry;
}

void Timeline::flush(Rank& rank) {
    if (rank.ended) ended_.push_back(*std::exchange(rank.ended, std::nullopt));
}

void Timeline::turn_to(Rank& rank, int number, Activity activity, double now_s) {
    const bool has_member = rank.activity == Activity::train && !rank.members.empty();
    put(rank, {.rank = number,
               .activity = rank.activity,
               .member = has_member ? std::optional(rank.members.front()) : std::nullopt,
               .from_s = rank.since_s,
               .to_s = now_s});
    rank.activity = activity;
    rank.since_s = now_s;
}

void Timeline::heard(int number, const Message& message, double now_s) {
    Rank& rank = ranks_.at(static_cast<std::size_t>(number));
    if (rank.is_over) return;
    if (const auto* finished = std::get_if<Finished>(&message)) {
        if (rank.members.empty()) return;
        const double trained_s = std::max(rank.since_s, now_s - finished->predict_s);
        turn_to(rank, number, Activity::predict, trained_s);
        put(rank, {.rank = number,
                   .activity = Activity::predict,
                   .member = rank.members.front(),
                   .from_s = trained_s,
                   .to_s = now_s});
        rank.members.pop_front();
        rank.activity = rank.members.empty() ? Activity::idle : Activity::train;
        rank.since_s = now_s;
    } else if (std::holds_alternative<Suspended>(message)) {
        turn_to(rank, number, Activity::idle, now_s);
        rank.members.clear();
    } else if (std::holds_alternative<Analysed>(message) && rank.jobs > 0) {
        --rank.jobs;
        if (rank.jobs == 0) turn_to(rank, number, Activity::idle, now_s);
    }
}

void Timeline::told(int number, const Message& message, double now_s) {
    Rank& rank = ranks_.at(static_cast<std::size_t>(number));
    if (rank.is_over) return;
    if (const auto* assign = std::get_if<Assign>(&message)) {
        if (rank.members.empty()) turn_to(rank, number, Activity::train, now_s);
        for (std::uint32_t i = 0; i < assign->unit.count; ++i) rank.members.push_back(assign->unit.first + i);
    } else if (const auto* analyse = std::get_if<Analyse>(&message)) {
        if (analyse->job == no_job) return;
        if (rank.jobs == 0) turn_to(rank, number, Activity::analyse, now_s);
        ++rank.jobs;
    }
}

void Timeline::lost(int number, double now_s) {
    Rank& rank = ranks_.at(static_cast<std::size_t>(number));
    if (std::exchange(rank.is_over, true)) return;
    turn_to(rank, number, Activity::idle, now_s);
    flush(rank);
}

void Timeline::end(double now_s) {
    for (std::size_t number = 0; number < ranks_.size(); ++number) lost(static_cast<int>(number), now_s);
}

std::vector<TimelineEntry> Timeline::take() {
    return std::exchange(ended_, {});
}

}  // namespace ensemble::schedule
