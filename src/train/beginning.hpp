#pragma once

#include <cstdint>

#include "train/member_spec.hpp"
#include "train/member_state.hpp"

namespace ensemble::train {

/// A new member at its initialisation.
[[nodiscard]] MemberState initial_state(const model::Network& network, const Hyperparameters& hyperparameters,
                                        const Problem& problem, std::uint32_t member);

/// A member that begins with what `before` predicts with, its parameters and running statistics, as cycles of a
/// snapshot ensemble do (Huang et al. 2017: "Snapshot ensembles: train 1, get M for free"); everything else is new, the
/// moments of the optimiser too. Where `before` is excluded, so is it. REQUIRES: `before` is finished, and of the
/// network.
[[nodiscard]] MemberState begin_from(const MemberSpec& spec, const MemberState& before);

}  // namespace ensemble::train
