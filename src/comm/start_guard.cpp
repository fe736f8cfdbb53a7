#include "comm/start_guard.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "core/error.hpp"

namespace comm {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

bool is_launcher(int process) {
    std::ifstream file(fmt::format("/proc/{}/comm", process));
    std::string name;
    std::getline(file, name);
    return name.starts_with("mpirun") || name.starts_with("mpiexec") || name.starts_with("orte");
}

/// Processes that `parent` has started and that have not ended; -1 where the system does not tell.
int children_of(int parent) {
    std::error_code error;
    int children = -1;
    for (const fs::directory_entry& thread : fs::directory_iterator(fmt::format("/proc/{}/task", parent), error)) {
        std::ifstream file(thread.path() / "children");
        if (!file) continue;
        const auto count = std::distance(std::istream_iterator<int>(file), std::istream_iterator<int>());
        children = (children < 0 ? 0 : children) + static_cast<int>(count);
    }
    return children;
}

}  // namespace

StartGuard::StartGuard(int ranks_here) {
    const int parent = ::getppid();
    if (ranks_here > 0 && is_launcher(parent))
        thread_ = std::thread([this, parent, ranks_here] { watch(parent, ranks_here); });
}

StartGuard::~StartGuard() {
    {
        const std::scoped_lock lock(mutex_);
        over_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void StartGuard::watch(int parent, int ranks_here) {
    constexpr auto interval = std::chrono::milliseconds(100);
    constexpr auto longest_launch = std::chrono::seconds(3);  // the launcher starts one rank after the other
    const Clock::time_point begin = Clock::now();
    bool complete = false;
    bool missed = false;  // a list that is read while it changes may lack one: only the second look counts
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, interval, [&] { return over_; })) {
        const int children = children_of(parent);
        complete = complete || children >= ranks_here;
        const bool misses =
            children >= 0 && children < ranks_here && (complete || Clock::now() - begin > longest_launch);
        if (misses && missed) {
            fmt::print(stderr, "ensemble_train: note: a rank has died in its start: all leave\n");
            static_cast<void>(std::fflush(stderr));
            std::_Exit(static_cast<int>(core::Failure::run));
        }
        missed = misses;
    }
}

}  // namespace comm
