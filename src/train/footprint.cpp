#include "train/footprint.hpp"

#include <algorithm>

#include "core/contract.hpp"
#include "model/program.hpp"
#include "train/observer.hpp"
#include "train/optimizer.hpp"
#include "train/predictor.hpp"

namespace ensemble::train {

Footprint footprint(const model::Network& network, const Hyperparameters& hyperparameters, std::size_t rows,
                    Observed observed) {
    core::require(rows > 0, "a member is trained on some rows");
    using Purpose = model::Program::Purpose;
    const auto activations = [&](std::size_t batch, Purpose purpose) {
        const bool trains = purpose != Purpose::inference;
        return batch == 0 ? 0
                          : model::Program::bytes_of(network, batch, purpose,
                                                     trains ? hyperparameters.precision : compute::Precision::f32);
    };
    const Optimizer optimizer(hyperparameters);
    const std::size_t moments = std::size_t{optimizer.has_first_moment()} + std::size_t{optimizer.has_second_moment()};
    const std::size_t buffer = network.buffer_size() * sizeof(float);
    const std::size_t state = buffer + network.statistics_size() * sizeof(float);
    const std::size_t batch = std::min(hyperparameters.batch, rows);
    const Purpose training = training_purpose(hyperparameters);
    const bool has_copy = hyperparameters.precision == compute::Precision::bf16;
    const std::size_t copy = has_copy ? network.buffer_size() * sizeof(compute::Bfloat16) : 0;
    return {.parameters = state + copy,
            .gradients = hyperparameters.adversarial > 0 ? 2 * buffer : buffer,
            .optimizer = moments * buffer,
            .means = hyperparameters.average == AverageKind::none ? 0 : state,
            .best = hyperparameters.patience == 0 ? 0 : state,
            .activations = activations(batch, training) + activations(rows % batch, training),
            .evaluation = activations(Predictor::batch, Purpose::inference),
            .observation = observed == Observed::yes ? Observer::bytes_of(network, hyperparameters, rows) : 0};
}

}  // namespace ensemble::train
