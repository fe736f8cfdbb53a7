#include "comm/start_guard.hpp"

#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "comm/deadline.hpp"
#include "comm/siblings.hpp"
#include "comm/status_file.hpp"
#include "core/thread.hpp"

namespace ensemble::comm {
namespace {

bool is_launcher(int process) {
    std::ifstream file(fmt::format("/proc/{}/comm", process));
    std::string name;
    std::getline(file, name);
    return name.starts_with("mpirun") || name.starts_with("mpiexec") || name.starts_with("orte");
}

void watch(const std::stop_token& stop, Siblings siblings, std::chrono::milliseconds interval, int most_quiet_looks) {
    while (!stops_within(stop, interval)) {
        if (!siblings.look()) return;
        const char* why = nullptr;
        if (siblings.has_lost_one()) {
            why = "a rank has died in its start; start again";
        } else if (siblings.quiet_looks() >= most_quiet_looks) {
            why = "a rank has not come, and mpirun starts no more: it has died in its start; start again";
        }
        if (why != nullptr) give_up(why, siblings.is_first() ? Voice::speaks : Voice::silent);
    }
}

}  // namespace

std::jthread guard_start(int ranks_here, GuardRules rules) {
    const int parent = ::getppid();
    if (ranks_here <= 1 || !is_launcher(parent)) return {};
    // All of them look at all of them.
    const auto interval = rules.interval + std::chrono::milliseconds(ranks_here);
    Siblings siblings(parent, static_cast<std::size_t>(ranks_here));
    return core::start_thread(
        [siblings = std::move(siblings), interval, looks = rules.quiet_looks](const std::stop_token& stop) mutable {
            watch(stop, std::move(siblings), interval, looks);
        });
}

}  // namespace ensemble::comm
