#include "train/observer.hpp"

#include <algorithm>

#include "core/contract.hpp"
#include "core/random.hpp"
#include "train/hidden_features.hpp"
#include "train/predictor.hpp"

namespace ensemble::train {
namespace {

std::size_t observed_rows(const Hyperparameters& hyperparameters, std::size_t rows) {
    return std::min(hyperparameters.batch, rows);
}

std::size_t batches_of(const MemberSpec& spec) {
    const std::size_t batch = observed_rows(spec.training, spec.problem.train.size());
    return (spec.problem.train.size() + batch - 1) / batch;
}

/// "skip1/dense2/weight" of the block "dense2.weight".
std::string name_of(const model::LayerNode& layer, const model::ParameterBlock& block) {
    std::string own = block.name.substr(block.name.find('.'));
    std::ranges::replace(own, '.', '/');
    return layer.name + own;
}

}  // namespace

std::uint32_t epochs_between_looks(std::size_t epochs, std::size_t batches) noexcept {
    constexpr std::size_t least_updates = 50;
    constexpr std::size_t most_looks = 100;
    const std::size_t for_time = (least_updates + batches - 1) / batches;
    const std::size_t for_space = (epochs + most_looks - 1) / most_looks;
    return static_cast<std::uint32_t>(std::max({for_time, for_space, std::size_t{1}}));
}

Observer::Observer(const MemberSpec& spec)
    : spec_(spec),
      interval_(epochs_between_looks(spec.training.epochs, batches_of(spec))),
      weights_(spec.problem.train, spec.training.class_weight),
      hidden_(hidden_features(spec.problem, spec.network->input().elements(), spec.index)),
      program_(*spec.network, observed_rows(spec.training, spec.problem.train.size()),
               model::Program::Purpose::observation, spec.training.precision),
      gradients_(spec.network->buffer_size(), 0.0F),
      statistics_(spec.network->statistics_size()) {}

std::size_t Observer::bytes_of(const model::Network& network, const Hyperparameters& hyperparameters,
                               std::size_t rows) {
    return model::Program::bytes_of(network, observed_rows(hyperparameters, rows), model::Program::Purpose::observation,
                                    hyperparameters.precision) +
           (network.buffer_size() + network.statistics_size()) * sizeof(float);
}

void Observer::run(const MemberState& state) {
    const Problem& problem = spec_.problem;
    const auto rows = problem.train.rows.first(program_.rows());
    const compute::Rows input = program_.input();
    problem.train.table->gather(rows, input.data, input.stride);
    hide(hidden_, input);
    truth_.select(*problem.train.table, rows, problem.scale, weights_);
    const core::RandomStream masks(
        {.seed = problem.seed, .member = spec_.index, .purpose = core::Purpose::observe, .epoch = state.epoch});
    program_.forward(state.parameters.data(),
                     {.mode = model::Mode::train, .random = masks, .statistics = statistics_.data()});
    const compute::Rows gradient = program_.output_gradient();
    static_cast<void>(
        task_of(problem).loss(program_.output(), truth_.truth(), &gradient, spec_.training.label_smoothing));
    program_.backward(state.parameters.data(), gradients_.data(),
                      [](const model::ParameterBlock&, std::size_t, std::size_t) {});
}

Distribution Observer::of_block(const std::string& name, const model::ParameterBlock& block,
                                const core::Buffer<float>& numbers) {
    for (std::size_t row = 0; row < block.rows; ++row)
        counter_.add(std::span(numbers).subspan(block.offset + row * block.stride, block.columns));
    return {.name = name, .histogram = counter_.take()};
}

Observation Observer::look(const MemberState& state) {
    core::require(state.parameters.size() == gradients_.size(), "the state belongs to the network that is looked into");
    run(state);
    Observation seen;
    for (const model::KeptLayer& layer : program_.layers()) {
        for (const model::ParameterBlock& block : layer.node.parameters) {
            seen.parameters.push_back(of_block(name_of(layer.node, block), block, state.parameters));
            seen.gradients.push_back(of_block(name_of(layer.node, block), block, gradients_));
        }
        if (&layer == &program_.layers().front()) continue;  // the input
        for (std::size_t row = 0; row < layer.values->rows; ++row) {
            counter_.add(std::span(layer.values->values).subspan(row * layer.values->stride, layer.values->width()));
        }
        seen.activations.push_back({.name = layer.node.name, .histogram = counter_.take()});
    }
    return seen;
}

}  // namespace ensemble::train
