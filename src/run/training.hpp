#pragma once

#include <functional>
#include <optional>
#include <string>

#include "analysis/combination.hpp"
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
    analysis::Contribution total;            ///< complete on the root only
    std::optional<Coordinator> coordinator;  ///< on the root only
    double first_step_s = 0;                 ///< from the call to this rank's first training step, or to having none
    double coordination_s = 0;               ///< of its processor that the root spent on messages and all they entail
};

/// Trains all members: ranks take them one by one from the root, which trains too and answers between its batches.
/// When somebody wants it to stop, members in training are kept where they stand, and only those that are done
/// combined. Only point-to-point messages until all are done, then one reduction. Collective. Throws comm::SharedError
/// on every rank when any rank fails, or when it is stopped before any member is done; and core::Error (run) on the
/// root if a rank does not answer the order to stop.
///
/// If the run recovers, nothing but point-to-point messages: ranks sum what they contribute along a tree of those that
/// are left, and all but the root stay in here until that dismisses them. Throws SharedError there as the exit code
/// says.
[[nodiscard]] Trained train_members(const comm::Communicator& world, const Experiment& experiment,
                                    const Witness& witness);

/// As above, with members from elsewhere: a simulation's only take their time.
[[nodiscard]] Trained train_members(const comm::Communicator& world, const Experiment& experiment,
                                    const Witness& witness, const Trainees& trainees);

/// Lets the other ranks go, where the run recovers. Root only.
void dismiss(const comm::Communicator& world, const Coordinator& coordinator, int exit_code);

}  // namespace ensemble::run
