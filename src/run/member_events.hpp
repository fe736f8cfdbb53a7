#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "config/experiment.hpp"
#include "store/event_writer.hpp"
#include "store/file.hpp"
#include "store/run_directory.hpp"
#include "train/observer.hpp"
#include "train/probe.hpp"

namespace ensemble::run {

/// What TensorBoard shows of one member, in tensorboard/member-0007: its network and settings; behind each epoch its
/// losses, its score and its learning rate, and at intervals how parameters, gradients and activations are distributed;
/// at its end its test scores. Of epochs that an earlier run has trained without it, what the state remembers.
class MemberEvents final : public train::Probe {
public:
    /// Goes on with the events of an earlier run up to the epochs in `saved`; null at the member's beginning.
    /// `may_write` is called before anything is written. `experiment` must outlive this.
    MemberEvents(const config::Experiment& experiment, const train::MemberSpec& spec, const train::MemberState* saved,
                 const store::RunDirectory& directory, std::function<void()> may_write);

    void look(const train::MemberState& state) override;
    void finish(const train::MemberState& state, const task::Scores& test) override;

private:
    void begin();
    void add_distributions(const train::MemberState& state);
    void write_epochs(const train::MemberState& state);

    const config::Experiment& experiment_;
    train::MemberSpec spec_;
    store::FileSystem system_;
    std::string name_;
    store::EventWriter writer_;
    std::optional<train::Observer> observer_;  ///< from the first look on
    std::size_t epochs_written_ = 0;
    bool has_begun_ = false;
};

}  // namespace ensemble::run
