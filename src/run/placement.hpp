#pragma once

#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "schedule/plan.hpp"

namespace ensemble::run {

/// A note where ranks may use fewer cores than --threads asks for, empty where not: Open MPI binds each of few ranks to
/// one core, which their threads then share. `threads` as in the options: 0 is auto. Collective; known on the root.
[[nodiscard]] std::string note_of_few_cores(const comm::Communicator& world, std::size_t threads);

/// Where ranks run. Collective; on the root.
[[nodiscard]] std::vector<schedule::RankPlacement> find_placements(const comm::Communicator& world);

}  // namespace ensemble::run
