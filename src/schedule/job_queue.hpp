#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace ensemble::schedule {

/// Jobs that do not depend on one another, each to be done by one rank.
class JobQueue {
public:
    /// More jobs, in the order in which they are handed out: before those that wait.
    void add(const std::vector<std::size_t>& order) {
        jobs_ += order.size();
        queue_.insert(queue_.end(), order.rbegin(), order.rend());
    }

    /// The next job that nobody has; nothing where all are handed out.
    [[nodiscard]] std::optional<std::size_t> take() {
        if (queue_.empty()) return std::nullopt;
        const std::size_t job = queue_.back();
        queue_.pop_back();
        return job;
    }

    /// One whose rank is lost.
    void put_back(std::size_t job) { queue_.push_back(job); }

    void finish() noexcept { ++done_; }
    [[nodiscard]] bool are_done() const noexcept { return done_ == jobs_; }
    /// That nobody has.
    [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }

private:
    std::size_t jobs_ = 0;
    std::vector<std::size_t> queue_;  ///< the next one last
    std::size_t done_ = 0;
};

}  // namespace ensemble::schedule
