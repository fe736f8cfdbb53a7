#include "train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "compute/elementwise.hpp"
#include "core/buffer.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"
#include "core/stopwatch.hpp"
#include "data/split.hpp"
#include "model/program.hpp"
#include "train/adversary.hpp"
#include "train/batch_truth.hpp"
#include "train/beginning.hpp"
#include "train/early_stopping.hpp"
#include "train/gradient_norm.hpp"
#include "train/hidden_features.hpp"
#include "train/max_norm.hpp"
#include "train/narrow_weights.hpp"
#include "train/optimizer.hpp"
#include "train/pretraining.hpp"
#include "train/row_weights.hpp"
#include "train/schedule.hpp"
#include "train/state_check.hpp"
#include "train/weight_average.hpp"

namespace ensemble::train {
namespace {

using model::Program;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Rows of a batch shorter than `batch` weigh no more than those of a full one.
void weigh(const compute::Rows& gradient, std::size_t batch) {
    if (gradient.count >= batch) return;
    const float share = static_cast<float>(gradient.count) / static_cast<float>(batch);
    for (std::size_t row = 0; row < gradient.count; ++row) {
        for (float& slope : gradient[row]) slope *= share;
    }
}

std::span<float> stretch(core::Buffer<float>& buffer, std::size_t begin, std::size_t end) {
    return buffer.empty() ? std::span<float>{} : std::span<float>(buffer).subspan(begin, end - begin);
}

}  // namespace

std::vector<std::uint32_t> sampled_rows(const Problem& problem, std::uint32_t member) {
    if (problem.bootstrap) return data::bootstrap(problem.train.rows, problem.seed, sample_of(problem, member));
    return {problem.train.rows.begin(), problem.train.rows.end()};
}

struct Trainer::Impl {
    Hyperparameters hyperparameters;
    Problem problem;
    MemberState state;
    std::vector<std::uint32_t> rows;
    std::vector<std::uint32_t> order;  ///< of the current epoch
    std::vector<std::uint32_t> hidden;
    std::size_t batch;
    std::size_t batches;     ///< per epoch, the last one may be smaller
    core::ThreadPool* pool;  ///< null for a single thread
    NarrowWeights narrow;
    Program program;
    std::optional<data::Augmenter> augmenter;
    std::optional<Program> last_program;  ///< for the last batch, where it is smaller
    Predictor predictor;
    const task::Task& task;
    RowWeights weights;
    BatchTruth truth;
    Optimizer optimizer;
    std::optional<MaxNorm> max_norm;
    WeightAverage average;
    std::optional<float> average_share;  ///< of the update under way, where it joins the mean
    std::vector<model::ParameterBlock> blocks;
    core::Buffer<float> gradients;
    std::optional<Adversary> adversary;
    core::Buffer<float> gradients_as_is;     ///< of a batch before the adversary moved it; empty without one
    model::GradientReady gradient_ready;     ///< adds what the adversary found, and updates as soon as that may be
    std::optional<Pretraining> pretraining;  ///< until it is finished
    double pretraining_work = 0;             ///< of all of it, in updates
    std::size_t samples = 0;                 ///< of the current epoch so far
    std::size_t epoch_samples = 0;           ///< of these, those that this object was there for
    double epoch_seconds = 0;                ///< that they took
    Probe* probe = nullptr;

    Impl(const model::Network& network, const Hyperparameters& chosen, const Problem& given, MemberState begun,
         core::ThreadPool* given_pool)
        : hyperparameters(chosen),
          problem(given),
          state(std::move(begun)),
          rows(sampled_rows(given, state.member)),
          hidden(hidden_features(given, network.input().elements(), state.member)),
          batch(std::min(chosen.batch, rows.size())),
          batches((rows.size() + batch - 1) / batch),
          pool(given_pool != nullptr && given_pool->size() > 1 ? given_pool : nullptr),
          narrow(chosen.precision),
          program(network, batch, training_purpose(chosen), chosen.precision, pool),
          predictor(network, {.task = given.task,
                              .scale = given.scale,
                              .hidden_features = hidden,
                              .masks = evaluation_masks(chosen, given.seed, state.member),
                              .pool = pool}),
          task(task_of(given)),
          weights(given.train, chosen.class_weight),
          optimizer(chosen),
          average(chosen),
          blocks(network.blocks().begin(), network.blocks().end()),
          gradients(network.buffer_size(), 0.0F) {
        if (const std::size_t rest = rows.size() % batch; rest != 0) {
            last_program.emplace(network, rest, training_purpose(chosen), chosen.precision, pool);
        }
        if (chosen.max_norm > 0) max_norm.emplace(network.blocks(), chosen.max_norm);
        if (chosen.adversarial > 0) {
            adversary.emplace(given.train, chosen.adversarial, hidden);
            gradients_as_is.resize(gradients.size());
        }
        if (given.augmentation.any()) {
            augmenter.emplace(given.augmentation, network.input(), batch, given.background);
        }
        predictor.use_views(network, {.count = given.test_views,
                                      .augmentation = given.augmentation,
                                      .background = given.background,
                                      .seed = given.seed,
                                      .member = state.member});
        gradient_ready = [this](const model::ParameterBlock& block, std::size_t begin, std::size_t end) {
            if (adversary) compute::blend(stretch(gradients_as_is, begin, end), 0.5F, stretch(gradients, begin, end));
            if (hyperparameters.clip_norm == 0) update(block, begin, end);
        };
        if (chosen.initialiser == model::Initialiser::rbm) {
            pretraining.emplace(network, chosen, given, rows, hidden, state);
            pretraining_work = pretraining_share(network, chosen) * static_cast<double>(planned_updates());
            if (pretraining->finished()) pretraining.reset();
        }
        begin_epoch();
        samples = static_cast<std::size_t>(state.step) * batch;
    }

    void begin_epoch() { data::epoch_order(rows, problem.seed, state.member, state.epoch, order); }

    [[nodiscard]] std::uint64_t planned_updates() const { return std::uint64_t{hyperparameters.epochs} * batches; }

    [[nodiscard]] double rate() const {
        return learning_rate(hyperparameters, state.updates, planned_updates(), state.epoch);
    }

    /// The random numbers that `purpose` has for this step.
    [[nodiscard]] core::RandomStream stream(core::Purpose purpose) const {
        return core::RandomStream({.seed = problem.seed,
                                   .member = state.member,
                                   .purpose = purpose,
                                   .epoch = state.epoch,
                                   .step = static_cast<std::uint32_t>(state.step)});
    }

    void exclude(std::string why) {
        state.excluded = std::move(why);
        state.finished = true;
    }

    /// The gradient of the parameters in [begin, end) is final.
    void update(const model::ParameterBlock& block, std::size_t begin, std::size_t end) {
        optimizer.update({.parameters = stretch(state.parameters, begin, end),
                          .gradients = stretch(gradients, begin, end),
                          .first_moment = stretch(state.first_moment, begin, end),
                          .second_moment = stretch(state.second_moment, begin, end),
                          .narrow = narrow.stretch(block, begin, end)},
                         block.is_weight ? Optimizer::Decay::yes : Optimizer::Decay::no);
        // Threads come in any order, and norms are sums over rows in theirs.
        if (!(max_norm && pool != nullptr)) settle(block, begin, end);
    }

    /// Parameters in [begin, end) were just updated: limits their norms, and takes what is final into the mean.
    void settle(const model::ParameterBlock& block, std::size_t begin, std::size_t end) {
        MaxNorm::Stretch last{begin, end};
        if (max_norm) {
            last = max_norm->updated(block, begin, end, state.parameters);
            narrow.follow(state.parameters, block, last.begin, last.end);
        }
        if (average_share) {
            compute::blend(stretch(state.parameters, last.begin, last.end), *average_share,
                           stretch(state.average, last.begin, last.end));
        }
    }

    [[nodiscard]] double forward(Program& current, float share);
    [[nodiscard]] double attack(Program& current);
    void train_on_batch();
    void average_statistics(float share);
    void average_epoch();
    EpochRecord end_epoch(double last_rate);
    void keep_best(const EpochRecord& record);
};

/// Runs over the batch that is in `current`: its loss, with the gradient of that in place. `share`: what it counts in
/// running statistics.
double Trainer::Impl::forward(Program& current, float share) {
    current.forward(state.parameters.data(), {.mode = model::Mode::train,
                                              .random = stream(core::Purpose::dropout),
                                              .statistics = state.statistics.data(),
                                              .narrow_parameters = narrow.data(),
                                              .share = share});
    const compute::Rows gradient = current.output_gradient();
    const double loss = task.loss(current.output(), truth.truth(), &gradient, hyperparameters.label_smoothing);
    weigh(gradient, batch);
    return loss;
}

/// Moves the batch, which has just run forward, against the network, and runs over it again: the loss there. Dropout
/// drops the same units both times: what is moved is a trouble for the network whose gradient says where to. Running
/// statistics stay those of rows as they are, for that is what is predicted.
double Trainer::Impl::attack(Program& current) {
    current.backward(state.parameters.data(), gradients_as_is.data(),
                     [](const model::ParameterBlock&, std::size_t, std::size_t) {});
    adversary->move(current.input_gradient(), current.input());
    return forward(current, 0);
}

void Trainer::Impl::train_on_batch() {
    const std::size_t first = static_cast<std::size_t>(state.step) * batch;
    const auto chosen = std::span<const std::uint32_t>(order).subspan(first, std::min(batch, order.size() - first));
    Program& current = chosen.size() == batch ? program : *last_program;
    narrow.make(state.parameters);
    const compute::Rows input = current.input();
    problem.train.table->gather(chosen, input.data, input.stride);
    if (augmenter) augmenter->apply(stream(core::Purpose::augment), chosen.size(), input.data, input.stride);
    hide(hidden, input);
    truth.select(*problem.train.table, chosen, problem.scale, weights);

    double loss = forward(current, static_cast<float>(chosen.size()) / static_cast<float>(batch));
    if (adversary && std::isfinite(loss)) loss = (loss + attack(current)) / 2;
    if (!std::isfinite(loss)) {
        exclude(fmt::format("its loss stopped being a finite number in epoch {}, batch {} of {}", state.epoch + 1,
                            state.step + 1, batches));
        return;
    }
    optimizer.begin_update(rate(), state.updates + 1);
    average_share = average.after_update(state.averaged);
    current.backward(state.parameters.data(), gradients.data(), gradient_ready);
    // Before it is clipped: that is what tells how long it may be.
    if (hyperparameters.log_gradients && state.step == 0) state.gradient_norm = gradient_norms(blocks, gradients);
    if (hyperparameters.clip_norm > 0) {
        clip(blocks, gradients, hyperparameters.clip_norm);
        for (const model::ParameterBlock& block : blocks) update(block, block.offset, block.offset + block.size());
    }
    if (max_norm && pool != nullptr) {
        for (const model::ParameterBlock& block : blocks) settle(block, block.offset, block.offset + block.size());
    }
    if (average_share) average_statistics(*average_share);
    state.loss_sum += loss;
    samples += chosen.size();
    epoch_samples += chosen.size();
    ++state.updates;
    ++state.step;
}

/// Ends a step of the mean: the statistics of normalising layers join it with the parameters they belong to.
void Trainer::Impl::average_statistics(float share) {
    compute::blend(state.statistics, share, state.average_statistics);
    ++state.averaged;
}

void Trainer::Impl::average_epoch() {
    const auto share = average.after_epoch(state.epoch + 1, state.averaged);
    if (!share) return;
    compute::blend(state.parameters, *share, state.average);
    average_statistics(*share);
}

EpochRecord Trainer::Impl::end_epoch(double last_rate) {
    average_epoch();
    const Predictor::Evaluation validation = predictor.evaluate(weights_of(state), problem.validation, weights);
    EpochRecord record{.member = state.member,
                       .epoch = state.epoch + 1,
                       .train_loss = state.loss_sum / static_cast<double>(samples),
                       .validation_loss = validation.loss,
                       .validation_score = validation.score,
                       .learning_rate = last_rate,
                       .seconds = epoch_seconds,
                       .samples_per_s = static_cast<double>(epoch_samples) / epoch_seconds,
                       .gradient_norm = std::exchange(state.gradient_norm, {})};
    if (!std::isfinite(validation.loss)) {
        exclude(fmt::format("its validation loss is not a finite number after epoch {}", record.epoch));
    }
    ++state.epoch;
    state.step = 0;
    state.loss_sum = 0;
    state.history.push_back(record);
    if (probe != nullptr) probe->look(state);
    samples = 0;
    epoch_samples = 0;
    epoch_seconds = 0;
    if (!state.finished) keep_best(record);
    if (!state.finished) begin_epoch();
    return record;
}

void Trainer::Impl::keep_best(const EpochRecord& record) {
    const bool early_stopping = hyperparameters.patience > 0;
    if (state.best_epoch == 0 || record.validation_loss < state.best_loss) {
        state.best_epoch = record.epoch;
        state.best_loss = record.validation_loss;
        if (early_stopping) {
            state.best_parameters = predicting_parameters(state);
            state.best_statistics = predicting_statistics(state);
        }
    }
    if (!ends_with(hyperparameters, record.epoch, state.best_epoch)) return;
    state.parameters = early_stopping ? state.best_parameters : predicting_parameters(state);
    state.statistics = early_stopping ? state.best_statistics : predicting_statistics(state);
    state.average = {};
    state.average_statistics = {};
    state.finished = true;
}

Trainer::Trainer(const model::Network& network, const Hyperparameters& hyperparameters, const Problem& problem,
                 std::uint32_t member, core::ThreadPool* pool, Probe* probe)
    : Trainer(network, hyperparameters, problem, initial_state(network, hyperparameters, problem, member), pool,
              probe) {}

Trainer::Trainer(const model::Network& network, const Hyperparameters& hyperparameters, const Problem& problem,
                 MemberState state, core::ThreadPool* pool, Probe* probe) {
    core::require(problem.train.size() > 0 && problem.validation.size() > 0, "there are rows to train and validate on");
    core::require(hyperparameters.epochs > 0 && hyperparameters.batch > 0, "training has epochs and batches");
    const std::string fault = fault_of(state, task_of(problem), network, hyperparameters, problem.train.size());
    core::require(fault.empty(), ("the state belongs to the training: " + fault).c_str());
    impl_ = std::make_unique<Impl>(network, hyperparameters, problem, std::move(state), pool);
    impl_->probe = probe;
}

Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;
Trainer& Trainer::operator=(Trainer&&) noexcept = default;

bool Trainer::finished() const noexcept {
    return impl_->state.finished;
}

std::optional<EpochRecord> Trainer::step() {
    core::require(!finished(), "a finished member trains no more");
    Impl& impl = *impl_;
    const core::Stopwatch watch;
    if (impl.pretraining) {
        impl.pretraining->step();
        if (impl.pretraining->finished()) impl.pretraining.reset();
        impl.state.train_seconds += watch.seconds();
        return std::nullopt;
    }
    if (impl.probe != nullptr && impl.state.updates == 0) impl.probe->look(impl.state);
    const double rate = impl.rate();
    impl.train_on_batch();
    std::optional<EpochRecord> record;
    const double seconds = watch.seconds();
    impl.epoch_seconds += seconds;
    if (!impl.state.finished && impl.state.step == impl.batches) record = impl.end_epoch(rate);
    impl.state.train_seconds += watch.seconds();
    return record;
}

void Trainer::predict(const data::View& view, std::span<float> out) {
    impl_->predictor.predict(weights_of(impl_->state), view, out);
}

void Trainer::exclude(std::string why) {
    core::require(finished(), "a member is excluded by its owner after its training");
    impl_->exclude(std::move(why));
}

double Trainer::progress() const noexcept {
    const Impl& impl = *impl_;
    if (impl.state.finished) return 1.0;
    const double before = impl.pretraining_work * (impl.pretraining ? impl.pretraining->progress() : 1.0);
    return (before + static_cast<double>(impl.state.updates)) /
           (impl.pretraining_work + static_cast<double>(impl.planned_updates()));
}

double Trainer::running_loss() const noexcept {
    const Impl& impl = *impl_;
    if (impl.pretraining) return impl.pretraining->error();
    return impl.samples == 0 ? nan : impl.state.loss_sum / static_cast<double>(impl.samples);
}

const MemberState& Trainer::state() const noexcept {
    return impl_->state;
}

MemberState Trainer::release() {
    return std::move(impl_->state);
}

}  // namespace ensemble::train
