#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/thread_pool.hpp"
#include "model/network.hpp"
#include "train/hyperparameters.hpp"
#include "train/member_spec.hpp"
#include "train/member_state.hpp"
#include "train/predictor.hpp"
#include "train/probe.hpp"

namespace ensemble::train {

/// The rows of its table that a member is trained on, those that it draws several times as often. A pure function.
[[nodiscard]] std::vector<std::uint32_t> sampled_rows(const Problem& problem, std::uint32_t member);

/// Trains one member, batch by batch, so that its owner can attend to other things in between.
/// A pure function of (network, hyperparameters, problem, member): nothing depends on rank, time or other members.
class Trainer {
public:
    /// A new member at its initialisation. Compiles the network and allocates everything a step needs. A `pool`, which
    /// must outlive the trainer and keep its size, shares its work; what comes out is the same to the bit. A `probe`,
    /// which must outlive it too, is shown the state.
    Trainer(const model::Network& network, const Hyperparameters& hyperparameters, const Problem& problem,
            std::uint32_t member, core::ThreadPool* pool = nullptr, Probe* probe = nullptr);

    /// Goes on where `state` stopped.
    Trainer(const model::Network& network, const Hyperparameters& hyperparameters, const Problem& problem,
            MemberState state, core::ThreadPool* pool = nullptr, Probe* probe = nullptr);

    ~Trainer();
    Trainer(Trainer&&) noexcept;
    Trainer& operator=(Trainer&&) noexcept;

    /// True when all epochs are done, early stopping ended them, or the member is excluded.
    [[nodiscard]] bool finished() const noexcept;

    /// Trains on one batch; where layers begin as Boltzmann machines, these come first. After an epoch's last batch
    /// also evaluates on the validation rows and returns the record. A loss that is not finite excludes the member.
    /// REQUIRES: !finished().
    std::optional<EpochRecord> step();

    /// What Predictor::predict says of the view's rows with the state's parameters.
    void predict(const data::View& view, std::span<float> out);

    /// Excludes a member whose trouble shows only after its training. REQUIRES: finished().
    void exclude(std::string why);

    /// Fraction of the planned work that is done.
    [[nodiscard]] double progress() const noexcept;

    /// Loss over the current epoch so far, for people watching; NaN before its first batch. Of a Boltzmann machine the
    /// mean squared error of its reconstructions.
    [[nodiscard]] double running_loss() const noexcept;

    /// The complete state. Once finished, `parameters` are those to predict with: with early stopping those of the
    /// best epoch, with averaging their mean.
    [[nodiscard]] const MemberState& state() const noexcept;

    /// Gives the state away, for another trainer to go on with; this one is of no more use.
    [[nodiscard]] MemberState release();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ensemble::train
