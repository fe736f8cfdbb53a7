#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/names.hpp"

namespace ensemble::store {

/// What a rank is at: it trains a member, lets it predict and stores it, does jobs of the analysis, or waits.
enum class Activity : std::uint8_t { train, predict, analyse, idle };

constexpr auto enum_names(Activity) {
    return std::array{core::Named{Activity::train, "train"}, core::Named{Activity::predict, "predict"},
                      core::Named{Activity::analyse, "analyse"}, core::Named{Activity::idle, "idle"}};
}

/// What one rank did from when to when.
struct TimelineEntry {
    std::size_t start = 1;  ///< of the program, counted from 1: a resumed run has several
    int rank = 0;
    Activity activity = Activity::idle;
    std::optional<std::uint32_t> member = {};  ///< that was trained, or predicted
    double from_s = 0;  ///< since rank 0 first began to hand out work, without the time between starts
    double to_s = 0;

    friend bool operator==(const TimelineEntry&, const TimelineEntry&) = default;
};

/// One line of timeline.jsonl, without its newline.
[[nodiscard]] std::string timeline_line(const TimelineEntry& entry);

/// The entries of timeline.jsonl, in the order of the file; lines that are not whole (their writer was killed) are left
/// out.
[[nodiscard]] std::vector<TimelineEntry> read_timeline(std::string_view lines);

}  // namespace ensemble::store
