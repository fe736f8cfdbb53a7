#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace ensemble::schedule {

/// Jobs that do not depend on one another, each to be done by one rank.
class JobQueue {
public:
    explicit JobQueue(std::size_t jobs) : jobs_(jobs) {
        for (std::size_t job = jobs; job > 0; --job) queue_.push_back(job - 1);
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
    [[nodiscard]] bool are_handed_out() const noexcept { return queue_.empty(); }

private:
    std::size_t jobs_;
    std::vector<std::size_t> queue_;  ///< the next one last
    std::size_t done_ = 0;
};

}  // namespace ensemble::schedule
