#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace ensemble::schedule {

/// Does one job at a time on a thread of its own, prepared as all that compute, so that its owner can go on with
/// messages meanwhile. Its functions are for the owner's thread alone.
class JobThread {
public:
    using Result = std::vector<std::byte>;
    using Job = std::function<Result()>;

    JobThread() = default;

    /// Waits for the job that is under way.
    ~JobThread();
    JobThread(const JobThread&) = delete;
    JobThread& operator=(const JobThread&) = delete;

    /// Begins a job; with the first one the thread begins. Throws core::Error (run) where there is no room for that.
    /// REQUIRES: !is_busy().
    void start(Job job);

    /// A job was begun whose result is not taken.
    [[nodiscard]] bool is_busy() const noexcept { return busy_; }

    /// What the job came to, or nothing if it is not done within so long. Throws what the job threw, which ends it,
    /// too. REQUIRES: is_busy().
    [[nodiscard]] std::optional<Result> take(std::chrono::microseconds longest);

private:
    void work();

    bool busy_ = false;  ///< the owner's alone, as thread_
    std::mutex mutex_;
    std::condition_variable changed_;
    Job job_;  ///< empty: none is under way
    std::optional<Result> result_;
    std::exception_ptr failure_;
    bool ends_ = false;
    std::jthread thread_;
};

}  // namespace ensemble::schedule
