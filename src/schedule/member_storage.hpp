#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "store/checkpoints.hpp"
#include "train/member_state.hpp"

namespace ensemble::schedule {

/// What a member predicts of each of the evaluation sets, [rows × predicted width]; none of an excluded member.
using MemberPredictions = std::vector<std::vector<float>>;

/// Where a rank's members and their predictions go, and where those of all ranks come from. Called from the rank's main
/// thread. What cannot be written or read is thrown as core::Error.
class MemberStorage {
public:
    MemberStorage() = default;
    virtual ~MemberStorage() = default;
    MemberStorage(const MemberStorage&) = delete;
    MemberStorage& operator=(const MemberStorage&) = delete;

    /// What an earlier run, or another rank, has saved of a member.
    [[nodiscard]] virtual store::SavedMember load(std::uint32_t /*member*/) { return {}; }

    /// A member in training, after every batch: true if it is saved now.
    virtual bool offer(const train::MemberState& /*state*/) { return false; }

    /// Saves a member where it stands, though its training is not over.
    virtual void save(const train::MemberState& state) = 0;

    /// Until all that was handed over is written: from then on this rank writes nothing of its own accord.
    virtual void settle() {}

    /// What a finished member has predicted; nothing where not all of it is there.
    [[nodiscard]] virtual std::optional<MemberPredictions> predictions(std::uint32_t /*member*/) {
        return std::nullopt;
    }

    /// Saves a trained member. Its predictions become durable before it counts as finished.
    virtual void finish(const train::MemberState& state, const MemberPredictions& predictions) = 0;

    /// What members predict of `count` rows of the evaluation set at that place: [members × count × predicted width].
    [[nodiscard]] virtual std::vector<float> rows(std::size_t set, std::span<const std::uint32_t> members,
                                                  std::size_t first, std::size_t count) = 0;
};

}  // namespace ensemble::schedule
