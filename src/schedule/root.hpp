#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "analysis/row_results.hpp"
#include "config/experiment.hpp"
#include "core/stopwatch.hpp"
#include "schedule/coordinator.hpp"
#include "schedule/training_hooks.hpp"

namespace ensemble::schedule {

/// What is known before training of members and ranks. On the root only.
struct StartingPoint {
    std::vector<MemberWork> work = {};           ///< of each member; empty: all alike
    std::vector<RankPlacement> placements = {};  ///< of each rank, where idle ones share their cores; else empty
};

/// What each member takes, in units of the mean of all. Local.
[[nodiscard]] std::vector<MemberWork> planned_work(const config::Experiment& experiment);

/// What rank 0 does beside its own training: it hears what workers say, has the coordinator decide, sends its answers,
/// and tells the hooks.
class Root {
public:
    using Send = std::function<void(int rank, const Message&)>;

    /// `experiment` and `hooks` must outlive it.
    Root(const config::Experiment& experiment, int ranks, StartingPoint start, TrainingHooks& hooks, Send send);

    /// Takes what a worker says.
    void receive(int rank, const Message& message, double now_s);

    /// Has others take over what lost ranks had. Throws core::Error (run) where the run does not recover, or where a
    /// rank does not answer the order to stop.
    void attend(double now_s);

    /// Shows how far the run is, if somebody wants to see it.
    void show(double now_s);

    /// Why the run failed, for the user; nothing if it did not.
    [[nodiscard]] std::optional<core::Error> failure() const;

    [[nodiscard]] const Coordinator& coordinator() const noexcept { return coordinator_; }

    /// Gives away what has come of the test rows.
    [[nodiscard]] std::optional<analysis::RowResults> take_rows() { return std::move(rows_); }

private:
    void tell_hooks(int rank, const Message& message);
    void place(const Analysed& block);
    void send(const std::vector<Coordinator::Answer>& answers) const;

    const config::Experiment& experiment_;
    TrainingHooks& hooks_;
    Send send_;
    Coordinator coordinator_;
    std::optional<analysis::RowResults> rows_;  ///< of the blocks of test rows that have come
};

}  // namespace ensemble::schedule
