#include "schedule/member_training.hpp"

#include <algorithm>
#include <utility>

#include "compute/prepared_pool.hpp"
#include "train/trainer.hpp"

namespace ensemble::schedule {
namespace {

class NetworkTraining final : public MemberTraining {
public:
    NetworkTraining(train::MemberSpec spec, std::shared_ptr<core::ThreadPool> pool,
                    std::optional<train::MemberState> saved, const MakeProbe& make_probe)
        : spec_(std::move(spec)), pool_(std::move(pool)) {
        if (make_probe) probe_ = make_probe(spec_, saved ? &*saved : nullptr);
        if (saved) {
            go_on(std::move(*saved));
        } else {
            trainer_.emplace(*spec_.network, spec_.training, spec_.problem, spec_.index, pool_.get(), probe_.get());
        }
    }

    const train::MemberSpec& spec() const override { return spec_; }
    const train::MemberState& state() const override { return trainer_->state(); }
    bool is_trained() const override { return trainer_->finished(); }
    std::optional<train::EpochRecord> train() override { return trainer_->step(); }
    double progress() const override { return trainer_->progress(); }
    double running_loss() const override { return trainer_->running_loss(); }
    void exclude(std::string why) override { trainer_->exclude(std::move(why)); }

    void conclude(const task::Scores& test) override {
        if (probe_) probe_->finish(trainer_->state(), test);
    }

    void use_threads(std::size_t threads) override {
        if (threads == pool_->size()) return;
        // Kernels belong to a number of threads: another trainer goes on with the state.
        train::MemberState state = trainer_->release();
        trainer_.reset();
        pool_->resize(threads);
        go_on(std::move(state));
    }

    void predict(const data::View& rows, std::span<float> predictions) override {
        trainer_->predict(rows, predictions);
    }

private:
    void go_on(train::MemberState state) {
        trainer_.emplace(*spec_.network, spec_.training, spec_.problem, std::move(state), pool_.get(), probe_.get());
    }

    train::MemberSpec spec_;
    std::shared_ptr<core::ThreadPool> pool_;
    std::unique_ptr<train::Probe> probe_;    ///< null where nobody looks
    std::optional<train::Trainer> trainer_;  ///< always there
};

}  // namespace

MakeTraining training_of_networks(const config::Experiment& experiment, MakeProbe make_probe) {
    const auto pool = std::make_shared<compute::PreparedPool>();
    pool->resize(std::max<std::size_t>(experiment.options().threads, 1));
    return [&experiment, pool, make_probe = std::move(make_probe)](std::uint32_t member,
                                                                   std::optional<train::MemberState> saved) {
        return std::make_unique<NetworkTraining>(experiment.member(member), pool, std::move(saved), make_probe);
    };
}

}  // namespace ensemble::schedule
