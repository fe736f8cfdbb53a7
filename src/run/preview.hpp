#pragma once

#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "config/experiment.hpp"
#include "report/terminal.hpp"

namespace ensemble::run {

/// What is about to be trained, on what and how,.
[[nodiscard]] std::string announcement(const config::Experiment& experiment, int ranks);

/// The plan of a run that is not made: the network as a table, memory, the members of every rank, and how long it will
/// take, which is measured by training for a moment; `notices` are those of preflight(). Collective; the text is on the
/// root only, laid out for `terminal`.
[[nodiscard]] std::string preview(const comm::Communicator& world, const config::Experiment& experiment,
                                  const std::vector<std::string>& notices, const report::Terminal& terminal);

}  // namespace ensemble::run
