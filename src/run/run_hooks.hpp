#pragma once

#include <functional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "comm/heartbeat_monitor.hpp"
#include "config/experiment.hpp"
#include "core/stopwatch.hpp"
#include "report/display.hpp"
#include "run/run_log.hpp"
#include "schedule/training_hooks.hpp"
#include "store/history.hpp"
#include "store/run_directory.hpp"

namespace ensemble::run {

/// What a person and the run directory see of a training: progress, history, logs, failures.
class RunHooks final : public schedule::TrainingHooks {
public:
    /// All must outlive this. `since_start` is the clock of time limits.
    RunHooks(const comm::Communicator& world, const config::Experiment& experiment,
             const store::RunDirectory& directory, const RunLog& log, comm::HeartbeatMonitor& monitor,
             const report::Terminal& terminal, report::Display& display, const core::Stopwatch& since_start)
        : world_(world),
          experiment_(experiment),
          directory_(directory),
          log_(log),
          monitor_(monitor),
          terminal_(terminal),
          display_(display),
          since_start_(since_start) {}

    /// The epochs that the history of an earlier run has already. Root only.
    void set_known_epochs(store::EpochSeconds epochs) { known_epochs_ = std::move(epochs); }

    /// What an earlier start of the program was at last, see store::RunDirectory::last_activity(). Root only.
    void set_last_activity(const store::TimelineEntry& last) { last_activity_ = last; }

    void note(const std::string& text) override { log_.note(text); }
    void turn() override { monitor_.turn(); }
    std::string stop_wanted() override;
    std::vector<comm::RankFailure> failures() override { return monitor_.take_failures(); }
    void epoch_done(const train::EpochRecord& record, bool restored) override;
    void member_done(const analysis::MemberResult& member, int rank) override;
    void activity_done(const store::TimelineEntry& entry) override;
    void notice(const std::string& text) override { display_.line(text); }
    bool wants_progress() override { return display_.is_due(since_training_.seconds()); }
    void show(const schedule::RunProgress& progress) override { display_.update(progress, since_training_.seconds()); }
    std::string what_survives() override;

    /// How many members are in the run directory: "3 of 8 members are finished, 2 more saved part-way". Root only.
    [[nodiscard]] std::string progress_text() const;

    [[nodiscard]] std::string how_to_go_on() const;

private:
    const comm::Communicator& world_;
    const config::Experiment& experiment_;
    const store::RunDirectory& directory_;
    const RunLog& log_;
    comm::HeartbeatMonitor& monitor_;
    const report::Terminal& terminal_;
    report::Display& display_;
    const core::Stopwatch& since_start_;
    core::Stopwatch since_training_;
    std::size_t members_excluded_ = 0;                ///< since the start of this process
    store::EpochSeconds known_epochs_;                ///< in the history
    store::TimelineEntry last_activity_{.start = 0};  ///< of an earlier start of the program
};

}  // namespace ensemble::run
