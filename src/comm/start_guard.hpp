#pragma once

#include <thread>

namespace comm {

/// Watches over the start where the launcher keeps ranks alive when one dies: all of them are at collectives then,
/// which wait for the dead one for ever. The thread counts the processes that the same launcher has started on this
/// host, and ends this one with exit code 4 when they are fewer than `ranks_here`. Once training has begun, a Vigil
/// knows more, and the guard is to be stopped. No thread if this process' parent is none of Open MPI's launchers.
[[nodiscard]] std::jthread guard_start(int ranks_here);

}  // namespace comm
