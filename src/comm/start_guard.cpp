#include "comm/start_guard.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "comm/deadline.hpp"
#include "comm/process.hpp"
#include "comm/process_table.hpp"
#include "comm/status_file.hpp"
#include "core/thread.hpp"

namespace comm {
namespace {

bool is_launcher(int process) {
    std::ifstream file(fmt::format("/proc/{}/comm", process));
    std::string name;
    std::getline(file, name);
    return name.starts_with("mpirun") || name.starts_with("mpiexec") || name.starts_with("orte");
}

/// What one rank sees of the others of its host and of their common parent.
class Kin {
public:
    Kin(int launcher, std::size_t ranks) : launcher_(launcher), ranks_(ranks) {}

    /// Looks for ranks that are new. False when nothing can be seen: the launcher is gone, or the system does not tell.
    bool look() {
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

    /// One that was seen has ended. A zombie has, too.
    [[nodiscard]] bool has_lost_one() const {
        return std::ranges::any_of(seen_, [](const auto& one) { return one.second.is_over(); });
    }

    /// Looks in a row at which nothing that could bring forth another rank has moved.
    [[nodiscard]] int quiet_looks() const noexcept { return quiet_looks_; }

    /// Of those that are left this is the first.
    [[nodiscard]] bool is_first() const {
        return std::ranges::none_of(seen_,
                                    [](const auto& one) { return one.first < ::getpid() && !one.second.is_over(); });
    }

private:
    [[nodiscard]] bool is_complete() const noexcept { return seen_.size() >= ranks_; }

    void count_quiet(bool is_new_one_here) {
        const auto now = activity_of(launcher_);
        // Its clocks cost it a few microseconds now and then, which is far less than a tick.
        const bool is_still = now && now->is_waiting && before_ && now->ticks == before_->ticks;
        before_ = now;
        quiet_looks_ = is_still && !is_new_one_here && !becoming_ && !is_complete() ? quiet_looks_ + 1 : 0;
    }

    int launcher_;
    std::size_t ranks_;
    std::map<int, Process> seen_;  ///< by number
    bool becoming_ = false;        ///< a child of the launcher that is no rank yet
    std::optional<Activity> before_;
    int quiet_looks_ = 0;
};

void watch(const std::stop_token& stop, Kin kin, std::chrono::milliseconds interval, int most_quiet_looks) {
    while (!stops_within(stop, interval)) {
        if (!kin.look()) return;
        const char* why = nullptr;
        if (kin.has_lost_one()) {
            why = "a rank has died in its start; start again";
        } else if (kin.quiet_looks() >= most_quiet_looks) {
            why = "a rank has not come, and mpirun starts no more: it has died in its start; start again";
        }
        if (why != nullptr) give_up(why, kin.is_first() ? Voice::speaks : Voice::silent);
    }
}

}  // namespace

std::jthread guard_start(int ranks_here, GuardRules rules) {
    const int parent = ::getppid();
    if (ranks_here <= 1 || !is_launcher(parent)) return {};
    // All of them look at all of them.
    const auto interval = rules.interval + std::chrono::milliseconds(ranks_here);
    Kin kin(parent, static_cast<std::size_t>(ranks_here));
    return core::start_thread(
        [kin = std::move(kin), interval, looks = rules.quiet_looks](const std::stop_token& stop) mutable {
            watch(stop, std::move(kin), interval, looks);
        });
}

}  // namespace comm
