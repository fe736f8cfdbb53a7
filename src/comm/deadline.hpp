#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace comm {

/// Does something from a thread of its own unless it is destroyed in time: a limit to a call that cannot be given one,
/// such as MPI's start and end.
class Deadline {
public:
    Deadline(double seconds, std::function<void()> expired);
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool met_ = false;
    std::thread thread_;
};

}  // namespace comm
