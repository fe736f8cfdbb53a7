#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "config/experiment.hpp"
#include "data/dataset.hpp"
#include "task/score.hpp"
#include "train/member_state.hpp"
#include "train/probe.hpp"

namespace ensemble::schedule {

/// A member on its way from its beginning into the ensemble, in pieces of work that are short enough for a rank to
/// answer messages in between.
class MemberTraining {
public:
    MemberTraining() = default;
    virtual ~MemberTraining() = default;
    MemberTraining(const MemberTraining&) = delete;
    MemberTraining& operator=(const MemberTraining&) = delete;

    /// What is trained.
    [[nodiscard]] virtual const train::MemberSpec& spec() const = 0;

    /// The complete state.
    [[nodiscard]] virtual const train::MemberState& state() const = 0;

    /// Nothing is left to train.
    [[nodiscard]] virtual bool is_trained() const = 0;

    /// Trains on; at the end of an epoch, returns its record. REQUIRES: !is_trained().
    virtual std::optional<train::EpochRecord> train() = 0;

    /// Fraction of the planned training that is done, and the loss of the epoch under way.
    [[nodiscard]] virtual double progress() const = 0;
    [[nodiscard]] virtual double running_loss() const = 0;

    /// Predicts some rows, see train::Trainer::predict. REQUIRES: is_trained().
    virtual void predict(const data::View& rows, std::span<float> predictions) = 0;

    /// Goes on with so many threads; what comes out is the same to the bit. REQUIRES: threads > 0.
    virtual void use_threads(std::size_t threads) { static_cast<void>(threads); }

    /// Excludes the member. REQUIRES: is_trained().
    virtual void exclude(std::string why) = 0;

    /// Its predictions are durable, with these scores on the test rows; none of an excluded member. REQUIRES:
    /// is_trained().
    virtual void conclude(const task::Scores& test) { static_cast<void>(test); }
};

/// Makes a member: a new one, or the one that goes on where `saved` stopped.
using MakeTraining =
    std::function<std::unique_ptr<MemberTraining>(std::uint32_t member, std::optional<train::MemberState> saved)>;

/// Makes who looks into the training of a member, which goes on from `saved`, or begins where that is null.
using MakeProbe =
    std::function<std::unique_ptr<train::Probe>(const train::MemberSpec& spec, const train::MemberState* saved)>;

/// Members that are trained, and predict, by train::Trainer, one at a time, on as many threads as the options say or
/// the last one was told to use. `experiment` must outlive them. Where nobody looks, there is no `make_probe`.
[[nodiscard]] MakeTraining training_of_networks(const config::Experiment& experiment, MakeProbe make_probe = {});

}  // namespace ensemble::schedule
