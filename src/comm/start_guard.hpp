#pragma once

#include <chrono>
#include <thread>

namespace ensemble::comm {

struct GuardRules {
    std::chrono::milliseconds interval{100};  ///< between two looks
    int quiet_looks = 100;  ///< in a row at which nothing moves, after which nobody is expected to come any more
};

/// Watches over the start where the launcher keeps ranks alive when one dies: all of them are at collectives then,
/// which wait for the dead one for ever. The thread looks at the processes that the same launcher has started on this
/// host, and gives up this one with exit code 4
/// - when one of them has been seen and has ended, and
/// - when they are fewer than `ranks_here` and no more will come: for many looks the launcher has only waited, has used
///   no processor time, and no process that it has forked is still on its way to become a rank.
/// How long a start takes decides nothing: ranks may come as late as they like while the launcher works, has no
/// processor, or is stopped. Once training has begun, a HeartbeatMonitor knows more, and the guard is to be stopped.
/// No thread if this process' parent is none of Open MPI's launchers.
[[nodiscard]] std::jthread guard_start(int ranks_here, GuardRules rules = {});

}  // namespace ensemble::comm
