#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/buffer.hpp"

namespace ensemble::train {

/// One line of a member's history.
struct EpochRecord {
    std::uint32_t member = 0;
    std::uint32_t epoch = 0;  ///< counted from 1
    double train_loss = 0;    ///< mean over the epoch's batches as they were seen (dropout on)
    double validation_loss = 0;
    double validation_score = 0;  ///< of the task's first metric: accuracy, root mean squared error
    double learning_rate = 0;     ///< of the epoch's last step
    double seconds = 0;
    double samples_per_s = 0;
    std::vector<double> gradient_norm{};  ///< of the first batch, by block of weights; empty unless asked for
};

/// The complete state of a member in training: what a checkpoint holds, and all that is needed to go on bit for bit.
/// Random streams need no place here: they are keyed by (seed, member, purpose, epoch, step).
struct MemberState {
    std::uint32_t member = 0;
    std::uint32_t pretrained = 0;  ///< layers that have been Boltzmann machines, where they are to be
    std::uint32_t epoch = 0;       ///< epochs completed
    std::uint64_t step = 0;        ///< batches completed in the current epoch
    std::uint64_t updates = 0;     ///< optimiser steps so far
    double loss_sum = 0;           ///< over the samples of the current epoch
    core::Buffer<float> parameters;
    core::Buffer<float> first_moment;  ///< empty where the optimiser has none
    core::Buffer<float> second_moment;
    core::Buffer<float> statistics;          ///< running statistics of normalising layers; empty without them
    core::Buffer<float> average;             ///< mean of the parameters so far, while a training that keeps one goes on
    core::Buffer<float> average_statistics;  ///< of the statistics, each with the parameters it belongs to
    std::uint64_t averaged = 0;              ///< parameters that are in the mean
    std::vector<double> gradient_norm;       ///< of the current epoch, as in EpochRecord
    double best_loss = 0;                    ///< best validation loss, of epoch best_epoch (0: none yet)
    std::uint32_t best_epoch = 0;
    core::Buffer<float> best_parameters;  ///< those that predicted; only kept with early stopping
    core::Buffer<float> best_statistics;
    double train_seconds = 0;
    bool finished = false;
    std::string excluded;  ///< why the member is no part of the ensemble; empty if it is
    std::vector<EpochRecord> history;
};

/// What predicts: the mean of the parameters where one is kept and has begun, else the parameters themselves. Those of
/// a finished member are final.
[[nodiscard]] inline const core::Buffer<float>& predicting_parameters(const MemberState& state) {
    return state.averaged > 0 && !state.average.empty() ? state.average : state.parameters;
}

/// The running statistics that belong to predicting_parameters().
[[nodiscard]] inline const core::Buffer<float>& predicting_statistics(const MemberState& state) {
    return state.averaged > 0 && !state.average_statistics.empty() ? state.average_statistics : state.statistics;
}

}  // namespace ensemble::train
