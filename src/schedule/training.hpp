#pragma once

#include <memory>
#include <optional>

#include "comm/communicator.hpp"
#include "config/experiment.hpp"
#include "schedule/coordinator.hpp"
#include "schedule/member_storage.hpp"
#include "schedule/member_training.hpp"
#include "schedule/root.hpp"
#include "schedule/training_hooks.hpp"

namespace ensemble::schedule {

/// What training leaves behind.
struct Trained {
    std::unique_ptr<MemberAnalysis> analysis;  ///< on the root only
    std::unique_ptr<GainRule> rule;            ///< on the root, where training ends when members are enough
    std::optional<Coordinator> coordinator;    ///< on the root only
    double first_step_s = 0;                   ///< from the call to this rank's first training step, or to having none
    double coordination_s = 0;                 ///< of its processor that the root spent on messages and all they entail
};

/// Trains all members: ranks take them one by one from the root, which trains too and answers between its batches; then
/// the test rows, in blocks, to combine what members predict of them. When somebody wants it to stop, members in
/// training are saved where they stand, and only those that are done combined. Nothing but point-to-point messages: all
/// but the root stay in here until that dismisses them. Collective. Throws comm::SharedError on every rank when any
/// rank fails, or when it is stopped before any member is done; there it says no more than the exit code. Throws
/// core::Error (run) on the root if a rank does not answer the order to stop. `start` counts on the root.
[[nodiscard]] Trained train_members(const comm::Communicator& world, const config::Experiment& experiment,
                                    MemberStorage& storage, TrainingHooks& hooks, StartingPoint start = {});

/// As above, with members from elsewhere: a simulation's only take their time.
[[nodiscard]] Trained train_members(const comm::Communicator& world, const config::Experiment& experiment,
                                    MemberStorage& storage, TrainingHooks& hooks, StartingPoint start,
                                    const MakeTraining& make_training);

/// Lets the other ranks go. Root only.
void dismiss(const comm::Communicator& world, const Coordinator& coordinator, int exit_code);

}  // namespace ensemble::schedule
