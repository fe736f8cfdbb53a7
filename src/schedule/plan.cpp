#include "schedule/plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <queue>

#include "core/contract.hpp"

namespace ensemble::schedule {

double efficiency_bound(std::vector<double> seconds, std::size_t ranks) {
    core::require(ranks > 0, "there is at least one rank");
    std::ranges::sort(seconds, std::ranges::greater());
    std::vector<double> sums{0};  // of the so many longest
    for (const double each : seconds) sums.push_back(sums.back() + each);
    const double all = sums.back();
    double shortest = all / static_cast<double>(ranks);
    for (std::size_t count = 1; count <= seconds.size(); count += ranks) {
        // Of the `count` longest some rank has so many; the least they can take are the shortest of them.
        const std::size_t together = (count + ranks - 1) / ranks;
        shortest = std::max(shortest, sums[count] - sums[count - together]);
    }
    return shortest > 0 ? all / (static_cast<double>(ranks) * shortest) : 1.0;
}

Plan plan(std::span<const double> lengths, std::size_t ranks) {
    core::require(ranks > 0, "a plan has at least one rank");
    std::vector<std::size_t> order(lengths.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t member) { return lengths[member]; });
    using Free = std::pair<double, std::size_t>;  // when, and which rank
    std::priority_queue<Free, std::vector<Free>, std::greater<>> free;
    for (std::size_t rank = 0; rank < ranks; ++rank) free.emplace(0.0, rank);
    Plan result;
    result.members.resize(ranks);
    double all = 0;
    for (const std::size_t member : order) {
        const auto [time, rank] = free.top();
        free.pop();
        result.members[rank].push_back(member);
        result.makespan = std::max(result.makespan, time + lengths[member]);
        free.emplace(time + lengths[member], rank);
        all += lengths[member];
    }
    if (result.makespan > 0) result.idle_fraction = 1 - all / (result.makespan * static_cast<double>(ranks));
    return result;
}

double makespan(std::span<const double> remaining, std::span<const double> queued) {
    core::require(!remaining.empty(), "at least one rank trains");
    constexpr std::size_t most = 4096;
    const auto ranks = static_cast<double>(remaining.size());
    const auto [first, rest] = std::pair(queued.first(queued.size() - std::min(queued.size(), most)),
                                         queued.last(std::min(queued.size(), most)));
    const double even = std::accumulate(first.begin(), first.end(), 0.0) / ranks;
    std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
    double last = 0;
    const auto end_at = [&](double time) {
        free_at.push(time);
        last = std::max(last, time);
    };
    for (const double left : remaining) end_at(even + left);
    for (const double length : rest) {
        const double begin = free_at.top();
        free_at.pop();
        end_at(begin + length);
    }
    return last;
}

std::vector<std::size_t> threads_of(std::span<const RankPlacement> placements, const std::vector<bool>& works) {
    core::require(placements.size() == works.size(), "every rank has a placement");
    struct Host {
        std::size_t ranks = 0;
        std::size_t cores = 0;
        std::size_t workers = 0;
        std::size_t served = 0;
    };
    std::map<std::size_t, Host> hosts;
    for (std::size_t rank = 0; rank < placements.size(); ++rank) {
        Host& host = hosts[placements[rank].host];
        ++host.ranks;
        host.cores = std::max(host.cores, placements[rank].cores);
        if (works[rank]) ++host.workers;
    }
    std::vector<std::size_t> threads(placements.size(), 1);
    for (std::size_t rank = 0; rank < placements.size(); ++rank) {
        if (!works[rank]) continue;
        Host& host = hosts[placements[rank].host];
        const std::size_t shared = std::min(host.ranks, host.cores);
        const std::size_t share = shared / host.workers + (host.served++ < shared % host.workers ? 1 : 0);
        threads[rank] = std::clamp<std::size_t>(share, 1, std::max<std::size_t>(placements[rank].cores, 1));
    }
    return threads;
}

std::vector<MemberWork> what_is_left(std::vector<MemberWork> work, const store::SavedNames& saved,
                                     const store::EpochSeconds& epochs_done) {
    for (const auto& [key, seconds] : epochs_done) {
        const auto [member, epoch] = key;
        if (member < work.size()) work[member].spent_s += seconds;
        // Without a state that is saved it begins anew; the last epoch is not over before the member is saved for good.
        if (member >= work.size() || !saved.begun.contains(member)) continue;
        core::require(work[member].epochs > 0, "training has epochs");
        const auto epochs = static_cast<double>(work[member].epochs);
        work[member].done = std::max(work[member].done, std::min<double>(epoch, epochs - 1) / epochs);
    }
    for (const std::uint32_t member : saved.finished) {
        if (member < work.size()) work[member].done = 1;
    }
    return work;
}

}  // namespace ensemble::schedule
