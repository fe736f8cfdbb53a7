#include "schedule/work_queue.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

#include "core/contract.hpp"

namespace ensemble::schedule {

std::vector<WorkUnit> units_of(std::size_t members, std::size_t each) {
    core::require(each > 0 && members % each == 0, "every unit is complete");
    std::vector<WorkUnit> units;
    for (std::size_t first = 0; first < members; first += each)
        units.push_back({.first = static_cast<std::uint32_t>(first), .count = static_cast<std::uint32_t>(each)});
    return units;
}

WorkQueue::WorkQueue(std::vector<MemberWork> work, std::vector<WorkUnit> units)
    : work_(std::move(work)), units_(std::move(units)) {
    const auto members = [](std::size_t sum, const WorkUnit& unit) { return sum + unit.count; };
    core::require(std::accumulate(units_.begin(), units_.end(), std::size_t{0}, members) == work_.size(),
                  "every member is in one unit");
    std::ranges::sort(units_, std::ranges::greater(), [&](const WorkUnit& unit) { return place_of(unit); });
}

WorkUnit WorkQueue::take() {
    core::require(!units_.empty(), "there is a unit to hand out");
    const WorkUnit next = units_.back();
    units_.pop_back();
    return next;
}

void WorkQueue::put_back(const WorkUnit& unit) {
    const auto place = [&](const WorkUnit& each) { return place_of(each); };
    units_.insert(std::ranges::upper_bound(units_, place_of(unit), std::ranges::greater(), place), unit);
}

std::vector<double> WorkQueue::left() const {
    std::vector<double> lengths;
    for (auto unit = units_.rbegin(); unit != units_.rend(); ++unit) lengths.push_back(left(*unit));
    return lengths;
}

double WorkQueue::left(const WorkUnit& unit) const {
    double sum = 0;
    for (std::uint32_t member = unit.first; member < unit.end(); ++member) sum += of(member).left();
    return sum;
}

WorkQueue::Place WorkQueue::place_of(const WorkUnit& unit) const {
    const auto members = std::span(work_).subspan(unit.first, unit.count);
    return {!std::ranges::all_of(members, &MemberWork::is_trained), -left(unit), unit.first};
}

}  // namespace ensemble::schedule
