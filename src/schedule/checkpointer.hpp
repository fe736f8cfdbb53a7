#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/options.hpp"
#include "core/stopwatch.hpp"
#include "store/checkpoint_writer.hpp"
#include "store/checkpoints.hpp"

namespace ensemble::schedule {

/// Saves the members that one rank trains, and gives back what an earlier run saved. What cannot be written is thrown
/// by the next call. Local.
class Checkpointer {
public:
    /// `may_write` is called before anything is written and ends the process where another rank has taken over; with
    /// it, files have numbers that such a rank does not use. `fault_of` sees every state that is loaded.
    Checkpointer(const store::RunDirectory& directory, const store::MemberDigests& digests,
                 const config::CheckpointInterval& interval, std::function<void()> may_write = {},
                 const store::StateCheck& fault_of = {});

    /// What is saved of a member; the time until its next checkpoint begins.
    [[nodiscard]] store::SavedMember load(std::uint32_t member);

    /// Begins a checkpoint of a member in training if it is time for one. Where the one before is still on its way to
    /// the disk, this one is made as soon as that has arrived: training waits for neither.
    bool offer(const train::MemberState& state);

    /// Saves a member where it stands; durable on return.
    void save(const train::MemberState& state);

    /// Until a checkpoint that is under way is durable.
    void settle() { writer_.wait(); }

    /// Saves a member for good, once what `before` writes is durable.
    void finish(const train::MemberState& state, const std::function<void()>& before = {});

private:
    struct Place {
        std::shared_ptr<store::FileSystem> system = std::make_shared<store::FileSystem>();
        store::Checkpoints checkpoints;
        Place(const store::RunDirectory& directory, const store::MemberDigests& digests, std::uint64_t gap,
              const store::StateCheck& fault_of)
            : checkpoints(directory, digests, *system, gap, fault_of) {}
    };

    [[nodiscard]] bool is_due(const train::MemberState& state) const;
    void start(const train::MemberState& state);
    void remember(const train::MemberState& state);

    config::CheckpointInterval interval_;
    std::function<void()> may_write_;
    std::shared_ptr<store::Checkpoints> checkpoints_;
    store::CheckpointWriter writer_;
    std::uint32_t last_epoch_ = 0;
    std::uint32_t last_pretrained_ = 0;
    std::uint64_t last_updates_ = 0;
    core::Stopwatch since_last_;
};

}  // namespace ensemble::schedule
