#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "comm/process.hpp"
#include "comm/process_table.hpp"

namespace ensemble::comm {

/// What one rank sees of the others of its host, which the same launcher has started or is still to start. It knows no
/// clock: its owner looks again and again.
class Siblings {
public:
    /// `ranks` are to be there in the end, this process among them.
    Siblings(int launcher, std::size_t ranks) : launcher_(launcher), ranks_(ranks) {}

    /// Looks for ranks that are new. False when nothing can be seen: the launcher is gone, or the system does not tell.
    bool look();

    /// Ranks that have been seen so far.
    [[nodiscard]] std::size_t seen() const noexcept { return seen_.size(); }

    /// One that was seen has ended. A zombie has, too.
    [[nodiscard]] bool has_lost_one() const;

    /// Looks in a row at which nothing that could bring forth another rank has moved.
    [[nodiscard]] int quiet_looks() const noexcept { return quiet_looks_; }

    /// Of those that are left this is the first.
    [[nodiscard]] bool is_first() const;

private:
    [[nodiscard]] bool is_complete() const noexcept { return seen_.size() >= ranks_; }
    void count_quiet(bool is_new_one_here);

    int launcher_;
    std::size_t ranks_;
    std::map<int, Process> seen_;  ///< by number
    bool becoming_ = false;        ///< a child of the launcher that is no rank yet
    std::optional<Activity> before_;
    int quiet_looks_ = 0;
};

}  // namespace ensemble::comm
