#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace ensemble::analysis {

/// Hands on what jobs came to in the order of these jobs, each as soon as all before it are there: sums do not depend
/// on who is first to deliver, and are made while others still work.
template <class Part>
class InOrder {
public:
    InOrder() = default;

    /// The jobs, in the order in which they are handed on.
    explicit InOrder(std::vector<std::size_t> jobs) : jobs_(std::move(jobs)) {}

    /// Takes what a job came to, and calls use(job, part) for each whose turn it is. REQUIRES: one of the jobs, which
    /// has not been taken.
    template <class Use>
    void take(std::size_t job, Part part, const Use& use) {
        waiting_.emplace(job, std::move(part));
        for (; next_ < jobs_.size(); ++next_) {
            auto found = waiting_.extract(jobs_[next_]);
            if (found.empty()) return;
            use(jobs_[next_], std::move(found.mapped()));
        }
    }

private:
    std::vector<std::size_t> jobs_;
    std::map<std::size_t, Part> waiting_;  ///< for those before
    std::size_t next_ = 0;
};

}  // namespace ensemble::analysis
