#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "store/checkpoints.hpp"
#include "store/history.hpp"

namespace ensemble::schedule {

/// Who is expected to train how much, if all members take equally long.
struct Plan {
    std::vector<std::vector<std::size_t>> members;  ///< of each rank, in the order they are handed out
    double makespan = 0;                            ///< in the unit of the lengths
    double idle_fraction = 0;                       ///< of the ranks' time until the last member is done
};

/// Share of the ranks' time that is put to use at most by members that took `seconds`: what no schedule exceeds, since
/// none is over before the longest member, before the ranks have shared out all evenly, or before the rank that gets k
/// + 1 of the k · P + 1 longest has done the shortest of these (Graham 1969). 1 without members. REQUIRES: ranks > 0.
[[nodiscard]] double efficiency_bound(std::vector<double> seconds, std::size_t ranks);

/// Members that take so long, in any unit, are handed out longest first (of equals the one of the lower index), each to
/// the rank that is free first (the lowest of equals). REQUIRES: ranks > 0.
[[nodiscard]] Plan plan(std::span<const double> lengths, std::size_t ranks);

/// Time until all is done: rank r has `remaining[r]` of its member to train, and what is `queued` goes to the rank that
/// is free first, in that order. Of a long queue the first ones are taken as shared out evenly. REQUIRES: at least one
/// rank.
[[nodiscard]] double makespan(std::span<const double> remaining, std::span<const double> queued);

/// Where a rank runs.
struct RankPlacement {
    std::size_t host = 0;   ///< a number that ranks of one host share
    std::size_t cores = 1;  ///< that it may use
};

/// Threads for each rank where idle ones leave their cores to others on their host: cores, but no more than ranks, are
/// shared among those that work, the first get what is left over. No rank has fewer than one, or more than its cores.
[[nodiscard]] std::vector<std::size_t> threads_of(std::span<const RankPlacement> placements,
                                                  const std::vector<bool>& works);

/// What a member is expected to take, and how much of that is behind it.
struct MemberWork {
    double whole = 1;        ///< in any unit that is the same for all; about 1 on average
    double done = 0;         ///< fraction; 1: it is trained and only has to predict
    double spent_s = 0;      ///< seconds of training in earlier runs
    std::size_t epochs = 0;  ///< 0: as many as all others

    [[nodiscard]] bool is_trained() const noexcept { return done >= 1; }
    [[nodiscard]] double left() const noexcept { return whole * (1 - done); }
};

/// What is left of `work` where an earlier run has `saved` some and written down these `epochs_done` (member, epoch).
/// With early stopping nobody knows what will be left; it is what would be at most. REQUIRES: each member has epochs.
[[nodiscard]] std::vector<MemberWork> what_is_left(std::vector<MemberWork> work, const store::SavedNames& saved,
                                                   const store::EpochSeconds& epochs_done);

}  // namespace ensemble::schedule
