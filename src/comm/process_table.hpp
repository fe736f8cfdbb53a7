#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace ensemble::comm {

/// Numbers of the processes that `parent` has started and has not taken leave of; nothing where the system does not
/// tell. A list that is read while it changes may lack one.
[[nodiscard]] std::optional<std::vector<int>> children_of(int parent);

/// It runs the same program as this process: one that has been forked only a moment ago does not yet.
[[nodiscard]] bool runs_this_program(int process);

/// What a process is doing.
struct Activity {
    bool is_waiting = false;  ///< each of its threads sleeps until something happens: none is ready to run, at the disk
                              ///< or stopped
    std::uint64_t ticks = 0;  ///< processor time it has used so far, in the system's ticks
};

/// Nothing if there is no such process.
[[nodiscard]] std::optional<Activity> activity_of(int process);

}  // namespace ensemble::comm
