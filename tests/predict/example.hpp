#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "model/network.hpp"
#include "predict/row_predictor.hpp"

namespace ensemble::testing {

inline const std::size_t example_width = 5;

/// Members that are not trained, of two networks in turn, on rows of five numbers that are halved before.
inline predict::Ensemble example_ensemble(task::Kind kind, std::size_t targets, std::size_t members = 4,
                                          const std::string& loss = "") {
    const task::Task* task = task::find_task(kind, loss);
    predict::Ensemble ensemble{
        .task = task, .targets = targets, .shape = {example_width}, .networks = {}, .members = {}, .prepare = {}};
    ensemble.networks.emplace_back("dense(9) relu", ensemble.shape, task->output_width(targets));
    ensemble.networks.emplace_back("dense(6) batchnorm tanh dense(4) tanh", ensemble.shape,
                                   task->output_width(targets));
    for (std::uint32_t index = 0; index < members; ++index) {
        const model::Network& network = ensemble.networks[index % 2];
        predict::Member member{.index = index, .network = index % 2, .parameters = {}, .statistics = {}};
        member.parameters.resize(network.buffer_size());
        model::initialise(network, model::Initialiser::he, 1, index, member.parameters);
        member.statistics.resize(network.statistics_size());
        model::initialise_statistics(network, member.statistics);
        if (task->complete != nullptr) member.variances.assign(targets, 0.25F * static_cast<float>(index + 1));
        ensemble.members.push_back(std::move(member));
    }
    ensemble.prepare = [](std::span<const double> raw, std::size_t, float* out) {
        for (std::size_t i = 0; i < raw.size(); ++i) out[i] = static_cast<float>(raw[i] / 2);
    };
    return ensemble;
}

inline std::vector<double> example_rows(std::size_t rows, std::uint64_t seed = 7) {
    std::vector<double> values(rows * example_width);
    core::RandomStream stream({.seed = seed});
    for (double& value : values) value = 4 * stream.uniform() - 2;
    return values;
}

}  // namespace ensemble::testing
