#include "comm/siblings.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace ensemble::comm {

bool Siblings::look() {
    if (::getppid() != launcher_) return false;
    if (is_complete()) return true;
    const auto children = children_of(launcher_);
    if (!children) return false;
    const std::size_t before = seen_.size();
    becoming_ = false;
    for (const int child : *children) {
        if (seen_.contains(child)) continue;
        auto process = Process::open(child);
        if (!process) return false;
        if (process->is_over()) continue;  // before it was seen
        if (runs_this_program(child)) {
            seen_.emplace(child, std::move(*process));
        } else {
            becoming_ = true;
        }
    }
    count_quiet(seen_.size() > before);
    return true;
}

bool Siblings::has_lost_one() const {
    return std::ranges::any_of(seen_, [](const auto& one) { return one.second.is_over(); });
}

bool Siblings::is_first() const {
    return std::ranges::none_of(seen_, [](const auto& one) { return one.first < ::getpid() && !one.second.is_over(); });
}

void Siblings::count_quiet(bool is_new_one_here) {
    const auto now = activity_of(launcher_);
    // Its clocks cost it a few microseconds now and then, which is far less than a tick.
    const bool is_still = now && now->is_waiting && before_ && now->ticks == before_->ticks;
    before_ = now;
    quiet_looks_ = is_still && !is_new_one_here && !becoming_ && !is_complete() ? quiet_looks_ + 1 : 0;
}

}  // namespace ensemble::comm
