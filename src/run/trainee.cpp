#include "run/trainee.hpp"

#include <omp.h>

#include <algorithm>
#include <utility>

#include "core/team.hpp"
#include "train/predictor.hpp"
#include "train/trainer.hpp"

namespace run {
namespace {

class NetworkTrainee final : public Trainee {
public:
    NetworkTrainee(const Experiment& experiment, std::shared_ptr<core::Team> team, std::uint32_t member,
                   std::optional<train::MemberState> kept)
        : experiment_(experiment), team_(std::move(team)) {
        const train::Hyperparameters& training = experiment.options().training;
        if (kept) {
            go_on(std::move(*kept));
        } else {
            trainer_.emplace(experiment.network(), training, experiment.problem(), member, team_.get());
        }
    }

    const train::MemberState& state() const override { return trainer_->state(); }
    bool is_trained() const override { return trainer_->finished(); }
    std::optional<train::EpochRecord> train() override { return trainer_->step(); }
    double progress() const override { return trainer_->progress(); }
    double running_loss() const override { return trainer_->running_loss(); }
    void set_aside(std::string why) override { trainer_->set_aside(std::move(why)); }

    void use_threads(std::size_t threads) override {
        if (threads == team_->size()) return;
        // Kernels belong to a number of threads: another trainer goes on with the state.
        predictor_.reset();
        train::MemberState state = trainer_->release();
        trainer_.reset();
        team_->resize(threads);
        go_on(std::move(state));
    }

    void predict(std::size_t first, std::span<float> probabilities) override {
        if (!predictor_) prepare();
        data::View piece = experiment_.test();
        piece.rows = piece.rows.subspan(first, probabilities.size() / experiment_.network().outputs());
        predictor_->predict(train::weights_of(trainer_->state()), piece, probabilities);
    }

private:
    void go_on(train::MemberState state) {
        trainer_.emplace(experiment_.network(), experiment_.options().training, experiment_.problem(), std::move(state),
                         team_.get());
    }

    void prepare() {
        const model::Network& network = experiment_.network();
        const Options& options = experiment_.options();
        const std::uint32_t member = trainer_->state().member;
        predictor_.emplace(
            network, train::hidden_features(network.input().elements(), options.feature_fraction, options.seed, member),
            train::evaluation_masks(options.training, options.seed, member), team_.get());
    }

    const Experiment& experiment_;
    std::shared_ptr<core::Team> team_;
    std::optional<train::Trainer> trainer_;  ///< always there
    std::optional<train::Predictor> predictor_;
};

}  // namespace

Trainees trainees_of(const Experiment& experiment) {
    // The library's own threads stay out of it: what they make of a product depends on their number.
    const auto alone = [] { omp_set_num_threads(1); };
    alone();
    const auto team = std::make_shared<core::Team>(alone);
    team->resize(std::max<std::size_t>(experiment.options().threads, 1));
    return [&experiment, team](std::uint32_t member, std::optional<train::MemberState> kept) {
        return std::make_unique<NetworkTrainee>(experiment, team, member, std::move(kept));
    };
}

}  // namespace run
