#pragma once

#include <string>
#include <vector>

#include "analysis/results.hpp"
#include "comm/heartbeat_monitor.hpp"
#include "schedule/run_progress.hpp"
#include "store/timeline.hpp"
#include "train/member_state.hpp"

namespace ensemble::schedule {

/// What happens beside the training: who watches, who is told, who may stop it. Called from the rank's main thread,
/// which goes on only when they return.
class TrainingHooks {
public:
    TrainingHooks() = default;
    virtual ~TrainingHooks() = default;
    TrainingHooks(const TrainingHooks&) = delete;
    TrainingHooks& operator=(const TrainingHooks&) = delete;

    /// Of what this rank does and suffers, for its own log.
    virtual void note(const std::string& /*text*/) {}

    /// This rank's main thread goes on: at every turn of its loop.
    virtual void turn() {}

    /// Who wants the run to stop; empty as long as nobody does.
    [[nodiscard]] virtual std::string stop_wanted() { return ""; }

    // On the root only.

    /// Ranks that were lost since the last call.
    [[nodiscard]] virtual std::vector<comm::RankFailure> failures() { return {}; }

    /// An epoch is trained; `restored`: in an earlier run, which may or may not have written it down.
    virtual void epoch_done(const train::EpochRecord& /*record*/, bool /*restored*/) {}

    virtual void member_done(const analysis::MemberResult& /*member*/, int /*rank*/) {}

    /// What a rank was at has ended.
    virtual void activity_done(const store::TimelineEntry& /*entry*/) {}

    /// Something for the user, of any rank.
    virtual void notice(const std::string& /*text*/) {}

    /// Whether somebody wants to see how far the run is; a progress is made only then.
    [[nodiscard]] virtual bool wants_progress() { return false; }
    virtual void show(const RunProgress& /*progress*/) {}

    /// What is left of a run that failed, and how to go on: ends its message.
    [[nodiscard]] virtual std::string what_survives() = 0;
};

}  // namespace ensemble::schedule
