#pragma once

#include <cstdint>

#include "config/experiment.hpp"

namespace ensemble::run {

/// Trains a member of the finished run in the experiment's directory once more, alone, and holds it against its file:
/// what a member is must not depend on ranks, threads, hosts or stops. Prints that it is the same; nothing is written.
/// Local. Throws core::Error: run where it is another one, data where there is no such file or it is damaged.
void replay_member(const config::Experiment& experiment, std::uint32_t index);

}  // namespace ensemble::run
