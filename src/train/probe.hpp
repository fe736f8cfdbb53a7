#pragma once

#include "task/score.hpp"
#include "train/member_state.hpp"

namespace ensemble::train {

/// Who looks into the training of one member. The trainer calls it from the thread that trains; it changes nothing, and
/// where nobody looks, nothing is done for it.
class Probe {
public:
    Probe() = default;
    virtual ~Probe() = default;
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

    /// Before the first update, with epoch 0, and behind every epoch, whose record is the last of the history; with
    /// the parameters that go on being trained.
    virtual void look(const MemberState& state) = 0;

    /// The member is finished and its predictions are durable; `test`: their scores, none of an excluded member. Of one
    /// that an earlier run has finished this may be the only call.
    virtual void finish(const MemberState& state, const task::Scores& test) = 0;
};

}  // namespace ensemble::train
