#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/buffer.hpp"

namespace train {

/// One line of a member's history.
struct EpochRecord {
    std::uint32_t member = 0;
    std::uint32_t epoch = 0;  ///< counted from 1
    double train_loss = 0;    ///< mean over the epoch's batches as they were seen (dropout on)
    double validation_loss = 0;
    double validation_accuracy = 0;  ///< regression: NaN
    double learning_rate = 0;        ///< of the epoch's last step
    double seconds = 0;
    double samples_per_s = 0;
};

/// The complete state of a member in training: what a checkpoint holds, and all that is needed to go on bit for bit.
/// Random streams need no place here: they are keyed by (seed, member, purpose, epoch, step).
struct MemberState {
    std::uint32_t member = 0;
    std::uint32_t epoch = 0;    ///< epochs completed
    std::uint64_t step = 0;     ///< batches completed in the current epoch
    std::uint64_t updates = 0;  ///< optimiser steps so far
    double loss_sum = 0;        ///< over the samples of the current epoch
    core::Buffer<float> parameters;
    core::Buffer<float> first_moment;  ///< empty where the optimiser has none
    core::Buffer<float> second_moment;
    core::Buffer<float> statistics;  ///< running statistics of normalising layers; empty without them
    double best_loss = 0;            ///< best validation loss, of epoch best_epoch (0: none yet)
    std::uint32_t best_epoch = 0;
    core::Buffer<float> best_parameters;  ///< only kept with early stopping
    core::Buffer<float> best_statistics;
    double train_seconds = 0;
    bool finished = false;
    std::string quarantine;  ///< why the member is set aside; empty for a healthy one
    std::vector<EpochRecord> history;
};

}  // namespace train
