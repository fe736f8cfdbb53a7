#include "train/pretraining.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/contract.hpp"
#include "train/hidden_features.hpp"
#include "train/predictor.hpp"

namespace ensemble::train {
namespace {

constexpr double first_momentum = 0.5;
constexpr double later_momentum = 0.9;
constexpr std::uint64_t epochs_of_first_momentum = 5;

}  // namespace

Pretraining::Pretraining(const model::Network& network, const Hyperparameters& hyperparameters, const Problem& problem,
                         std::span<const std::uint32_t> rows, std::span<const std::uint32_t> hidden_features,
                         MemberState& state)
    : layers_(model::hidden_dense_layers(network)),
      hyperparameters_(hyperparameters),
      problem_(problem),
      rows_(rows),
      hidden_features_(hidden_features),
      state_(state),
      epochs_(hyperparameters.rbm_epochs),
      batch_(std::min(hyperparameters.batch, rows.size())),
      batches_((rows.size() + batch_ - 1) / batch_) {
    core::require(state.pretrained <= layers_.size(), "no more layers are started than there are");
    if (!finished()) begin_layer();
}

void Pretraining::begin_layer() {
    const model::DenseLayer& layer = layers_[state_.pretrained];
    const std::size_t visible = layer.weight.rows;
    below_.clear();
    for (std::size_t i = 0; i < state_.pretrained; ++i) below_.emplace_back(layers_[i], batch_);
    machine_.emplace(batch_, visible, layer.weight.columns);
    std::ranges::copy(std::span(state_.parameters).subspan(layer.weight.offset, layer.weight.size()),
                      machine_->weights().begin());
    sums_.assign(visible, 0.0);
    least_.assign(visible, std::numeric_limits<float>::infinity());
    largest_.assign(visible, -std::numeric_limits<float>::infinity());
    scaled_ = false;
    epoch_ = 0;
    begin_epoch();
}

void Pretraining::begin_epoch() {
    order_.assign(rows_.begin(), rows_.end());
    next_ = 0;
    error_sum_ = 0;
    learnt_ = 0;
}

void Pretraining::step() {
    core::require(!finished(), "layers are started once");
    const std::size_t first = next_ * batch_;
    const auto key = [&](std::size_t step) {
        return core::StreamKey{.seed = problem_.seed,
                               .member = state_.member,
                               .purpose = core::Purpose::pretrain,
                               .epoch = static_cast<std::uint32_t>(state_.pretrained * epochs_ + epoch_ - 1),
                               .step = static_cast<std::uint32_t>(step)};
    };
    if (epoch_ > 0 && next_ == 0) core::RandomStream(key(0)).shuffle(order_);
    const auto chosen = std::span<const std::uint32_t>(order_).subspan(first, std::min(batch_, order_.size() - first));
    load(chosen);
    ++next_;
    if (epoch_ == 0) {
        measure(chosen.size());
    } else {
        core::RandomStream random(key(next_));
        error_sum_ += machine_->learn(chosen.size(),
                                      {.learning_rate = hyperparameters_.rbm_learning_rate,
                                       .momentum = epoch_ <= epochs_of_first_momentum ? first_momentum : later_momentum,
                                       .gibbs_steps = hyperparameters_.rbm_gibbs_steps},
                                      random);
        learnt_ += chosen.size();
    }
    if (next_ < batches_) return;
    if (epoch_ == 0) begin_learning();
    if (epoch_++ == epochs_) return end_layer();
    begin_epoch();
}

/// Takes rows of the table up to the visible units of the machine under way.
void Pretraining::load(std::span<const std::uint32_t> chosen) {
    const compute::Rows visible = machine_->visible();
    compute::Rows input = below_.empty() ? visible : below_.front().input();
    problem_.train.table->gather(chosen, input.data, input.stride);
    input.count = chosen.size();
    hide(hidden_features_, input);
    for (std::size_t i = 0; i < below_.size(); ++i) {
        below_[i].forward(state_.parameters.data(), i + 1 < below_.size() ? below_[i + 1].input() : visible);
    }
    if (!scaled_ || !below_.empty() || epoch_ == 0) return;
    for (std::size_t row = 0; row < input.count; ++row) {
        const std::span<float> x = input[row];
        for (std::size_t i = 0; i < x.size(); ++i) {
            const float range = largest_[i] - least_[i];
            x[i] = range > 0 ? (x[i] - least_[i]) / range : 0.0F;
        }
    }
}

void Pretraining::measure(std::size_t count) {
    const compute::Rows visible = machine_->visible();
    for (std::size_t row = 0; row < count; ++row) {
        const std::span<const float> x = visible[row];
        for (std::size_t i = 0; i < x.size(); ++i) {
            sums_[i] += x[i];
            least_[i] = std::min(least_[i], x[i]);
            largest_[i] = std::max(largest_[i], x[i]);
        }
    }
}

/// Decides whether the features need a map to [0, 1], and gives each visible unit the bias that fits its mean.
void Pretraining::begin_learning() {
    scaled_ = *std::ranges::min_element(least_) < 0 || *std::ranges::max_element(largest_) > 1;
    const auto rows = static_cast<double>(rows_.size());
    const std::span<float> bias = machine_->visible_bias();
    for (std::size_t i = 0; i < bias.size(); ++i) {
        double sum = sums_[i];
        if (scaled_) {
            const double range = static_cast<double>(largest_[i]) - least_[i];
            sum = range > 0 ? (sum - rows * least_[i]) / range : 0.0;
        }
        // One more row that is on and one that is off keep the bias finite (Laplace).
        const double on = (std::clamp(sum, 0.0, rows) + 1) / (rows + 2);
        bias[i] = static_cast<float>(std::log(on / (1 - on)));
    }
}

void Pretraining::end_layer() {
    const model::DenseLayer& layer = layers_[state_.pretrained];
    const std::span<float> weights =
        std::span<float>(state_.parameters).subspan(layer.weight.offset, layer.weight.size());
    std::ranges::copy(machine_->weights(), weights.begin());
    std::vector<double> bias(machine_->hidden_bias().begin(), machine_->hidden_bias().end());
    if (scaled_) {
        // x·W with x mapped is x·(W/range) − least·(W/range).
        for (std::size_t i = 0; i < layer.weight.rows; ++i) {
            const double range = static_cast<double>(largest_[i]) - least_[i];
            const std::span<float> row = weights.subspan(i * layer.weight.stride, layer.weight.columns);
            for (std::size_t unit = 0; unit < row.size(); ++unit) {
                const double weight = range > 0 ? row[unit] / range : row[unit];
                bias[unit] -= least_[i] * weight;
                row[unit] = static_cast<float>(weight);
            }
        }
    }
    std::ranges::transform(bias, state_.parameters.begin() + static_cast<std::ptrdiff_t>(layer.bias.offset),
                           [](double value) { return static_cast<float>(value); });
    ++state_.pretrained;
    if (!finished()) begin_layer();
}

double Pretraining::progress() const noexcept {
    const std::uint64_t done = state_.pretrained * steps_per_layer() + (finished() ? 0 : epoch_ * batches_ + next_);
    return static_cast<double>(done) / static_cast<double>(layers_.size() * steps_per_layer());
}

double Pretraining::error() const noexcept {
    return learnt_ > 0 ? error_sum_ / static_cast<double>(learnt_) : std::numeric_limits<double>::quiet_NaN();
}

double pretraining_share(const model::Network& network, const Hyperparameters& hyperparameters) {
    if (hyperparameters.initialiser != model::Initialiser::rbm) return 0;
    // In products of a row with a matrix: up once, down and up k times, and the gradient of two rows, with each row
    // taken up to its machine first; in training forward, backward and the gradient.
    const double learning = 3 + 2 * static_cast<double>(hyperparameters.rbm_gibbs_steps);
    const auto epochs = static_cast<double>(hyperparameters.rbm_epochs);
    double below = 0;
    double machines = 0;
    for (const model::DenseLayer& layer : model::hidden_dense_layers(network)) {
        const auto weights = static_cast<double>(layer.weight.rows * layer.weight.columns);
        machines += (epochs + 1) * below + epochs * learning * weights;
        below += weights;
    }
    const model::ParameterBlock& output = network.blocks()[network.blocks().size() - 2];
    const double all = below + static_cast<double>(output.rows * output.columns);
    return machines / (3 * all * static_cast<double>(hyperparameters.epochs));
}

}  // namespace ensemble::train
