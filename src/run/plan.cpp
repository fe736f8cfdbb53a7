#include "run/plan.hpp"

#include <algorithm>
#include <functional>
#include <queue>

#include "core/contract.hpp"

namespace run {

Plan plan(std::size_t members, std::size_t ranks) {
    core::require(ranks > 0, "a plan has at least one rank");
    Plan result;
    result.members.resize(ranks);
    for (std::size_t member = 0; member < members; ++member) result.members[member % ranks].push_back(member);
    const std::size_t waves = (members + ranks - 1) / ranks;
    result.makespan = static_cast<double>(waves);
    if (members > 0) result.idle_fraction = 1.0 - static_cast<double>(members) / static_cast<double>(waves * ranks);
    return result;
}

double makespan(std::span<const double> remaining, std::size_t queued) {
    core::require(!remaining.empty(), "at least one rank trains");
    // Nobody is more than one member behind, so ranks take turns: a round of all of them takes one unit.
    const std::size_t rounds = queued / remaining.size();
    const std::size_t rest = queued % remaining.size();
    std::priority_queue<double, std::vector<double>, std::greater<>> free_at(remaining.begin(), remaining.end());
    double last = *std::max_element(remaining.begin(), remaining.end());
    for (std::size_t member = 0; member < rest; ++member) {
        last = std::max(last, free_at.top() + 1.0);
        free_at.pop();
    }
    return static_cast<double>(rounds) + last;
}

}  // namespace run
