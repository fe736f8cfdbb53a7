#pragma once

#include "comm/communicator.hpp"
#include "config/experiment.hpp"
#include "store/run_directory.hpp"

namespace ensemble::run {

/// True if the options ask to go on with a run that is there. Local.
[[nodiscard]] bool goes_on(const config::Options& options);

/// Makes the run directory on the root, or opens that of a run to go on with; every rank gets it. Collective.
/// Throws comm::SharedError on every rank.
[[nodiscard]] store::RunDirectory open_run_directory(const comm::Communicator& world,
                                                     const config::Experiment& experiment);

}  // namespace ensemble::run
