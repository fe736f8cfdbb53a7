#pragma once

#include "comm/communicator.hpp"

namespace ensemble::distributed {

/// The communicator of this test program's session: local without a launcher, of all ranks under mpirun.
[[nodiscard]] comm::Communicator world();

}  // namespace ensemble::distributed
