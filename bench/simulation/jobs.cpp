// Jobs of the analysis in a simulation, whose ranks share one thread: each is done where it begins, and takes no time.

#include <utility>

#include "schedule/job_thread.hpp"

namespace ensemble::schedule {

JobThread::~JobThread() = default;

void JobThread::start(Job job) {
    result_ = job();
    busy_ = true;
}

std::optional<JobThread::Result> JobThread::take(std::chrono::microseconds /*longest*/) {
    busy_ = false;
    return std::exchange(result_, std::nullopt);
}

}  // namespace ensemble::schedule
