#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "config/experiment.hpp"
#include "schedule/plan.hpp"

namespace ensemble::run {

/// What members are expected to take, in the order of their numbers and in a unit of their own.
[[nodiscard]] std::vector<double> lengths_of_members(const config::Experiment& experiment);

/// Members of such lengths on so many ranks, where `together` of them are handed out at a time.
[[nodiscard]] schedule::Plan plan_of(const std::vector<double>& lengths, std::size_t together, std::size_t ranks);

/// How long training takes here, from a moment of it.
struct MeasuredTime {
    std::uint32_t member = 0;     ///< that was measured: the first of those that take longest
    double seconds = 0;           ///< for all its epochs, among the other ranks of its host that share its cores
    std::vector<double> lengths;  ///< of all members
};

/// Trains the longest member for a moment; nothing where memory does not suffice for it. `node_ranks`: of this host.
/// Local.
[[nodiscard]] std::optional<MeasuredTime> measure_time(const config::Experiment& experiment, std::size_t node_ranks);

/// How much is trained.
struct Effort {
    std::size_t members = 0;
    std::size_t epochs = 0;
    bool operator==(const Effort&) const = default;
};

/// The steps in which that can be less.
struct EffortSteps {
    std::size_t members = 1;
    std::size_t epochs = 1;
};

/// What of `wanted` fits into `limit_s`: epochs go first, down to half of them, for a rate that falls with the epochs
/// and early stopping make up for much of that; then members, down to three, which have most of an ensemble's gain;
/// then epochs down to one step, and members at last; then as many members are added as take no more time, for ranks
/// that would be idle. One step of each is left in any case. `seconds_of` grows with both.
[[nodiscard]] Effort fit(const Effort& wanted, const EffortSteps& steps, double limit_s,
                         const std::function<double(const Effort&)>& seconds_of);

/// Lowers members and epochs to what --time-budget leaves, and says so in a line; empty where no time is set. It is
/// measured on this rank, so that only one may do it, and what comes out stands in the configuration of the run, which
/// repeats to the bit whatever the time. `since_start_s`: spent already.
/// Local. Throws core::Error (usage) where members differ in their epochs.
[[nodiscard]] std::string fit_into_budget(config::Options& options, const config::Experiment& experiment,
                                          const comm::Communicator& world, double since_start_s);

}  // namespace ensemble::run
