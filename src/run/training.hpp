#pragma once

#include <functional>
#include <optional>
#include <string>

#include "comm/communicator.hpp"
#include "ensemble/combination.hpp"
#include "report/progress.hpp"
#include "run/coordinator.hpp"
#include "run/experiment.hpp"
#include "train/member_state.hpp"

namespace run {

/// What happens beside the training: keeping what is made, and showing it.
struct Witness {
    std::function<void(const train::MemberState&)> store;  ///< on the rank that trained the member
    std::function<void(const std::string&)> note;          ///< of what this rank does and suffers, for its own log

    // On the root only.
    std::function<void(const train::EpochRecord&)> epoch_done;
    std::function<void(const ensemble::MemberResult&, int rank)> member_done;
    std::function<bool()> wants_snapshot;
    std::function<void(const report::Snapshot&)> snapshot;
    std::function<std::string()> what_survives;  ///< ends the message of a run that failed
};

/// What training leaves behind.
struct Trained {
    ensemble::Contribution total;            ///< complete on the root only
    std::optional<Coordinator> coordinator;  ///< on the root only
    double first_step_s = 0;                 ///< from the call to this rank's first training step, or to having none
};

/// Trains all members: ranks take them one by one from the root, which trains too and answers between its batches.
/// Only point-to-point messages until all are done, then one reduction. Collective.
/// Throws comm::SharedError on every rank when any rank fails.
[[nodiscard]] Trained train_members(const comm::Communicator& world, const Experiment& experiment,
                                    const Witness& witness);

}  // namespace run
