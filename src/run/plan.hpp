#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace run {

/// Who is expected to train how much, if all members take equally long.
struct Plan {
    std::vector<std::vector<std::size_t>> members;  ///< of each rank, in the order they are handed out
    double makespan = 0;                            ///< in units of one member's training time
    double idle_fraction = 0;                       ///< of the ranks' time until the last member is done
};

/// Members are handed out in the order of their index, each to the rank that is free first (the lowest of equals).
/// REQUIRES: ranks > 0.
[[nodiscard]] Plan plan(std::size_t members, std::size_t ranks);

/// Time until all is done, in units of one member's training time: rank r still has `remaining[r]` of its member to
/// train, and `queued` members wait for a rank to be free. REQUIRES: at least one rank; remaining within [0, 1].
[[nodiscard]] double makespan(std::span<const double> remaining, std::size_t queued);

}  // namespace run
