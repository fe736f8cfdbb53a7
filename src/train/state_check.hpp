#pragma once

#include <cstddef>
#include <string>

#include "model/network.hpp"
#include "task/task.hpp"
#include "train/hyperparameters.hpp"
#include "train/member_state.hpp"

namespace ensemble::train {

/// What keeps a state from being one that this training of this network can come to, in words that begin with the
/// field's name; empty where nothing does. A training goes on from no state that has a fault: sizes are what pointers
/// rely on. Values of the buffers are not looked at, since a training that diverges comes to any.
/// `rows`: how many a member is trained on.
/// Costs a look at each epoch of the history and at no parameter.
[[nodiscard]] std::string fault_of(const MemberState& state, const task::Task& task, const model::Network& network,
                                   const Hyperparameters& hyperparameters, std::size_t rows);

}  // namespace ensemble::train
