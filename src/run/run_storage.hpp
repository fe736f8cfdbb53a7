#pragma once

#include <functional>

#include "config/experiment.hpp"
#include "run/run_log.hpp"
#include "schedule/checkpointer.hpp"
#include "schedule/member_storage.hpp"
#include "store/run_directory.hpp"

namespace ensemble::run {

/// Members and their predictions in the run directory.
class RunStorage final : public schedule::MemberStorage {
public:
    /// `may_write` is called before anything is written, see Checkpointer. All must outlive this.
    RunStorage(const config::Experiment& experiment, const store::RunDirectory& directory, const RunLog& log,
               std::function<void()> may_write);

    store::SavedMember load(std::uint32_t member) override;
    bool offer(const train::MemberState& state) override { return checkpointer_.offer(state); }
    void save(const train::MemberState& state) override { checkpointer_.save(state); }
    void settle() override { checkpointer_.settle(); }
    std::optional<schedule::MemberPredictions> predictions(std::uint32_t member) override;
    void finish(const train::MemberState& state, const schedule::MemberPredictions& predictions) override;
    std::vector<float> rows(std::size_t set, std::span<const std::uint32_t> members, std::size_t first,
                            std::size_t count) override;

private:
    const config::Experiment& experiment_;
    const store::RunDirectory& directory_;
    const RunLog& log_;
    schedule::Checkpointer checkpointer_;
};

}  // namespace ensemble::run
