#include "comm/start_guard.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "comm/deadline.hpp"
#include "core/error.hpp"
#include "core/stderr.hpp"
#include "core/stopwatch.hpp"

namespace comm {
namespace {

namespace fs = std::filesystem;

bool is_launcher(int process) {
    std::ifstream file(fmt::format("/proc/{}/comm", process));
    std::string name;
    std::getline(file, name);
    return name.starts_with("mpirun") || name.starts_with("mpiexec") || name.starts_with("orte");
}

/// Numbers of the processes that `parent` has started and that have not ended; nothing where the system does not tell.
std::optional<std::vector<int>> children_of(int parent) {
    std::error_code error;
    std::optional<std::vector<int>> children;
    for (const fs::directory_entry& thread : fs::directory_iterator(fmt::format("/proc/{}/task", parent), error)) {
        std::ifstream file(thread.path() / "children");
        if (!file) continue;
        if (!children) children.emplace();
        children->insert(children->end(), std::istream_iterator<int>(file), std::istream_iterator<int>());
    }
    return children;
}

void watch(const std::stop_token& stop, int parent, std::size_t ranks_here) {
    constexpr std::chrono::milliseconds interval(100);
    constexpr double longest_launch_s = 3;  // the launcher starts one rank after the other
    const core::Stopwatch clock;
    bool complete = false;
    bool missed = false;  // a list that is read while it changes may lack one: only the second look counts
    while (!stops_within(stop, interval)) {
        const auto children = children_of(parent);
        if (!children) return;
        complete = complete || children->size() >= ranks_here;
        const bool misses = children->size() < ranks_here && (complete || clock.seconds() > longest_launch_s);
        if (misses && missed) {
            // One of those that are left speaks.
            if (std::ranges::none_of(*children, [](int child) { return child < ::getpid(); })) {
                core::print_stderr("ensemble_train: error: a rank has died in its start; start again\n");
            }
            std::_Exit(static_cast<int>(core::Failure::run));
        }
        missed = misses;
    }
}

}  // namespace

std::jthread guard_start(int ranks_here) {
    const int parent = ::getppid();
    if (ranks_here <= 0 || !is_launcher(parent)) return {};
    return std::jthread([parent, ranks_here](const std::stop_token& stop) {
        watch(stop, parent, static_cast<std::size_t>(ranks_here));
    });
}

}  // namespace comm
