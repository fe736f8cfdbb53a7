#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

namespace comm {

/// Watches over the start where the launcher keeps ranks alive when one dies: all of them are at collectives then,
/// which wait for the dead one for ever. From a thread of its own it counts the processes that the same launcher
/// has started on this host, and ends this one with exit code 4 when they become fewer than there should be. Once
/// training has begun, a Vigil knows more, and the guard is to be destroyed.
class StartGuard {
public:
    /// Nothing is watched unless `ranks_here` is positive and this process' parent is one of Open MPI's launchers.
    explicit StartGuard(int ranks_here);
    ~StartGuard();
    StartGuard(const StartGuard&) = delete;
    StartGuard& operator=(const StartGuard&) = delete;

private:
    void watch(int parent, int ranks_here);

    std::mutex mutex_;
    std::condition_variable changed_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace comm
