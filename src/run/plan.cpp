#include "run/plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <queue>

#include "core/contract.hpp"

namespace ensemble::run {

double efficiency_bound(std::size_t members, std::size_t ranks) {
    core::require(ranks > 0, "there is at least one rank");
    const std::size_t waves = (members + ranks - 1) / ranks;
    return members > 0 ? static_cast<double>(members) / static_cast<double>(waves * ranks) : 1.0;
}

double efficiency_bound(std::vector<double> seconds, std::size_t ranks) {
    core::require(ranks > 0, "there is at least one rank");
    std::ranges::sort(seconds, std::ranges::greater());
    const double all = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    double shortest = all / static_cast<double>(ranks);
    for (std::size_t count = 1; count <= seconds.size(); count += ranks) {
        // Of the `count` longest some rank has so many; the least they can take are the shortest of them.
        const std::size_t together = (count + ranks - 1) / ranks;
        const auto end = seconds.begin() + static_cast<std::ptrdiff_t>(count);
        shortest = std::max(shortest, std::accumulate(end - static_cast<std::ptrdiff_t>(together), end, 0.0));
    }
    return shortest > 0 ? all / (static_cast<double>(ranks) * shortest) : 1.0;
}

Plan plan(std::size_t members, std::size_t ranks) {
    core::require(ranks > 0, "a plan has at least one rank");
    Plan result;
    result.members.resize(ranks);
    for (std::size_t member = 0; member < members; ++member) result.members[member % ranks].push_back(member);
    result.makespan = static_cast<double>(result.members.front().size());
    result.idle_fraction = 1.0 - efficiency_bound(members, ranks);
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

std::vector<std::size_t> threads_of(std::span<const Seat> seats, const std::vector<bool>& works) {
    core::require(seats.size() == works.size(), "every rank has a seat");
    struct Host {
        std::size_t ranks = 0;
        std::size_t cores = 0;
        std::size_t workers = 0;
        std::size_t served = 0;
    };
    std::map<std::size_t, Host> hosts;
    for (std::size_t rank = 0; rank < seats.size(); ++rank) {
        Host& host = hosts[seats[rank].host];
        ++host.ranks;
        host.cores = std::max(host.cores, seats[rank].cores);
        if (works[rank]) ++host.workers;
    }
    std::vector<std::size_t> threads(seats.size(), 1);
    for (std::size_t rank = 0; rank < seats.size(); ++rank) {
        if (!works[rank]) continue;
        Host& host = hosts[seats[rank].host];
        const std::size_t shared = std::min(host.ranks, host.cores);
        const std::size_t share = shared / host.workers + (host.served++ < shared % host.workers ? 1 : 0);
        threads[rank] = std::clamp<std::size_t>(share, 1, std::max<std::size_t>(seats[rank].cores, 1));
    }
    return threads;
}

std::vector<Work> work_of(std::size_t members, std::size_t epochs, const store::KeptNames& kept,
                          const store::EpochSeconds& epochs_done) {
    core::require(epochs > 0, "training has epochs");
    std::vector<Work> work(members);
    for (const auto& [key, seconds] : epochs_done) {
        const auto [member, epoch] = key;
        if (member < members) work[member].spent_s += seconds;
        // Without a state that is kept it begins anew; the last epoch is not over before the member is kept for good.
        if (member >= members || !kept.begun.contains(member)) continue;
        const double trained = std::min<double>(epoch, static_cast<double>(epochs) - 1) / static_cast<double>(epochs);
        work[member].done = std::max(work[member].done, trained);
    }
    for (const std::uint32_t member : kept.finished) {
        if (member < members) work[member].done = 1;
    }
    return work;
}

}  // namespace ensemble::run
