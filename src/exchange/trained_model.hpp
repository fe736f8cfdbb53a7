#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/buffer.hpp"
#include "data/pipeline.hpp"
#include "exchange/array.hpp"
#include "model/network.hpp"
#include "task/task.hpp"

namespace ensemble::exchange {

/// A member that is trained, as it predicts.
struct TrainedMember {
    std::uint32_t index = 0;
    std::size_t network = 0;  ///< place among TrainedModel::networks
    core::Buffer<float> parameters;
    core::Buffer<float> statistics;
    std::vector<std::uint32_t> hidden_features = {};  ///< that it reads as zero
    /// Of each target in its unit, where the network's outputs hold none; else empty.
    std::vector<double> variances = {};

    [[nodiscard]] Weights weights() const noexcept { return {.parameters = parameters, .statistics = statistics}; }
};

/// An ensemble as what hands it on needs it: nothing in it refers to the run or to data.
struct TrainedModel {
    const task::Task* task = nullptr;
    std::size_t targets = 0;  ///< classes, or numbers to be learnt of a row
    std::vector<model::Network> networks;
    std::vector<TrainedMember> members;                ///< of the ensemble, in the order of their indices
    task::Scale scale = {};                            ///< of the numbers to be learnt
    std::string combination;                           ///< of the members, as analysis::Combination names it
    std::vector<double> weights = {};                  ///< of the members in it; empty where all count the same
    std::optional<double> temperature = std::nullopt;  ///< of the combined probabilities

    std::optional<data::Pipeline> pipeline = {};  ///< before the networks; without one rows are as networks see them
    std::vector<std::string> class_names = {};    ///< by label
    std::vector<std::string> target_names = {};   ///< of regression
    std::string version;                          ///< of the program
    std::string run;                              ///< digest that the run is known by
};

/// Which rows are given to what is handed on.
enum class RowsGiven : std::uint8_t {
    as_read,  ///< as a file holds them: the pipeline is part of it
    as_seen   ///< as a network sees them: who gives them does what the pipeline does
};

/// What is to be known of a model beside its numbers, as keys and values: program, version, run, task and loss, class
/// or target names, how the numbers to be learnt are scaled, members with their networks, input, what is
/// done to rows before they are given, and how members are combined. Lists and numbers are JSON.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> metadata_of(const TrainedModel& model, RowsGiven rows);

}  // namespace ensemble::exchange
