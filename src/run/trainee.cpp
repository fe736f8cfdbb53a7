#include "run/trainee.hpp"

#include <utility>

#include "train/predictor.hpp"
#include "train/trainer.hpp"

namespace run {
namespace {

class NetworkTrainee final : public Trainee {
public:
    NetworkTrainee(const Experiment& experiment, train::Trainer trainer)
        : experiment_(experiment), trainer_(std::move(trainer)) {}

    const train::MemberState& state() const override { return trainer_.state(); }
    bool is_trained() const override { return trainer_.finished(); }
    std::optional<train::EpochRecord> train() override { return trainer_.step(); }
    double progress() const override { return trainer_.progress(); }
    double running_loss() const override { return trainer_.running_loss(); }
    void set_aside(std::string why) override { trainer_.set_aside(std::move(why)); }

    void predict(std::size_t first, std::span<float> probabilities) override {
        if (!predictor_) prepare();
        data::View piece = experiment_.test();
        piece.rows = piece.rows.subspan(first, probabilities.size() / experiment_.network().outputs());
        predictor_->predict(train::weights_of(trainer_.state()), piece, probabilities);
    }

private:
    void prepare() {
        const model::Network& network = experiment_.network();
        const Options& options = experiment_.options();
        const std::uint32_t member = trainer_.state().member;
        predictor_.emplace(
            network, train::hidden_features(network.input().elements(), options.feature_fraction, options.seed, member),
            train::evaluation_masks(options.training, options.seed, member));
    }

    const Experiment& experiment_;
    train::Trainer trainer_;
    std::optional<train::Predictor> predictor_;
};

}  // namespace

Trainees trainees_of(const Experiment& experiment) {
    return [&experiment](std::uint32_t member, std::optional<train::MemberState> kept) {
        const train::Hyperparameters& training = experiment.options().training;
        const model::Network& network = experiment.network();
        return std::make_unique<NetworkTrainee>(
            experiment, kept ? train::Trainer(network, training, experiment.problem(), std::move(*kept))
                             : train::Trainer(network, training, experiment.problem(), member));
    };
}

}  // namespace run
