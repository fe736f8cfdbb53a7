#pragma once

#include <memory>

#include "store/checkpoints.hpp"
#include "train/member_state.hpp"

namespace ensemble::store {

/// Seconds that one checkpoint may take to become durable.
inline constexpr double longest_write_s = 60;

/// Writes checkpoints on a thread of its own while training goes on: who hands a state over pays for one copy of it and
/// never waits for the disk. One state at a time: as long as it is being written, is_free() is false and the next one
/// is to be handed over later. All calls come from one thread.
class CheckpointWriter {
public:
    /// While a write is under way, nobody else uses `checkpoints`.
    explicit CheckpointWriter(std::shared_ptr<Checkpoints> checkpoints);

    /// Lets a write that is under way come to its end, but not for ever.
    ~CheckpointWriter();
    CheckpointWriter(const CheckpointWriter&) = delete;
    CheckpointWriter& operator=(const CheckpointWriter&) = delete;

    /// False while a state is being written. Throws what the last write failed with, once.
    [[nodiscard]] bool is_free();

    /// Begins to write `state`. REQUIRES: is_free().
    void start(const train::MemberState& state);

    /// Until the state handed over last is durable. Throws what its writing failed with, or core::Error (run) after
    /// `limit_s` seconds.
    void wait(double limit_s = longest_write_s);

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace ensemble::store
