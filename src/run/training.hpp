#pragma once

#include <functional>
#include <optional>
#include <string>

#include "analysis/row_results.hpp"
#include "comm/communicator.hpp"
#include "comm/heartbeat_monitor.hpp"
#include "report/progress.hpp"
#include "run/coordinator.hpp"
#include "run/experiment.hpp"
#include "run/worker.hpp"
#include "train/member_state.hpp"

namespace ensemble::run {

/// What happens beside the training: keeping what is made, and showing it.
struct Witness {
    Worker::Storage storage;                       ///< of this rank
    std::function<void(const std::string&)> note;  ///< of what this rank does and suffers, for its own log

    bool recovers = false;                     ///< the run goes on without ranks that are lost
    std::function<void()> turn = {};           ///< this rank's main thread goes on
    std::function<std::string()> stop_wanted;  ///< by whom; empty as long as nobody does

    // On the root only.
    std::function<std::vector<comm::RankFailure>()> losses = {};  ///< since the last call
    std::vector<Work> work = {};                                  ///< of each member; empty: all alike
    std::vector<Seat> seats = {};                                 ///< of each rank, where idle ones lend their cores
    std::function<void(const train::EpochRecord&)> epoch_done;
    std::function<void(const train::EpochRecord&)> epoch_restored;  ///< was trained in an earlier run
    std::function<void(const analysis::MemberResult&, int rank)> member_done;
    std::function<void(const std::string&)> remark;  ///< of any rank, for the user
    std::function<bool()> wants_snapshot;
    std::function<void(const report::Snapshot&)> snapshot;
    std::function<std::string()> what_survives;  ///< ends the message of a run that failed
};

/// What training leaves behind.
struct Trained {
    std::optional<analysis::RowResults> rows;  ///< of the test set; on the root only
    std::optional<Coordinator> coordinator;    ///< on the root only
    double first_step_s = 0;                   ///< from the call to this rank's first training step, or to having none
    double coordination_s = 0;                 ///< of its processor that the root spent on messages and all they entail
};

/// Trains all members: ranks take them one by one from the root, which trains too and answers between its batches; then
/// the test rows, in blocks, to combine what members predict of them. When somebody wants it to stop, members in
/// training are kept where they stand, and only those that are done combined. Nothing but point-to-point messages: all
/// but the root stay in here until that dismisses them. Collective. Throws comm::SharedError on every rank when any
/// rank fails, or when it is stopped before any member is done; there it says no more than the exit code. Throws
/// core::Error (run) on the root if a rank does not answer the order to stop.
[[nodiscard]] Trained train_members(const comm::Communicator& world, const Experiment& experiment,
                                    const Witness& witness);

/// As above, with members from elsewhere: a simulation's only take their time.
[[nodiscard]] Trained train_members(const comm::Communicator& world, const Experiment& experiment,
                                    const Witness& witness, const Trainees& trainees);

/// Lets the other ranks go. Root only.
void dismiss(const comm::Communicator& world, const Coordinator& coordinator, int exit_code);

}  // namespace ensemble::run
