#include "schedule/job_thread.hpp"

#include <utility>

#include "compute/prepared_pool.hpp"
#include "core/contract.hpp"
#include "core/thread.hpp"

namespace ensemble::schedule {

JobThread::~JobThread() {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
}

void JobThread::start(Job job) {
    core::require(!busy_, "jobs are done one after the other");
    if (!thread_.joinable()) thread_ = core::start_thread([this] { work(); });
    busy_ = true;
    const std::lock_guard lock(mutex_);
    job_ = std::move(job);
    changed_.notify_all();
}

std::optional<JobThread::Result> JobThread::take(std::chrono::microseconds longest) {
    core::require(busy_, "a job is under way");
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, longest, [this] { return !job_; })) return std::nullopt;
    busy_ = false;
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return std::exchange(result_, std::nullopt);
}

void JobThread::work() {
    compute::prepare_thread();
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return job_ || ends_; });
        if (!job_) return;
        lock.unlock();
        std::optional<Result> result;
        std::exception_ptr failure;
        try {
            result = job_();
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        result_ = std::move(result);
        failure_ = std::move(failure);
        job_ = nullptr;
        changed_.notify_all();
    }
}

}  // namespace ensemble::schedule
