#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "compute/histogram.hpp"
#include "core/buffer.hpp"
#include "model/program.hpp"
#include "train/batch_truth.hpp"
#include "train/member_spec.hpp"
#include "train/member_state.hpp"

namespace ensemble::train {

/// How the numbers of one layer are distributed.
struct Distribution {
    std::string name;  ///< "dense1/weight" of parameters, "dense1" of what a layer leaves; see model::LayerNode
    compute::Histogram histogram;
};

/// What a look into a network shows, layer by layer.
struct Observation {
    std::vector<Distribution> parameters;
    std::vector<Distribution> gradients;    ///< of the mean loss of a batch, by the parameters
    std::vector<Distribution> activations;  ///< what each layer leaves of the batch
};

/// Looks into a member in training: takes one batch forward and back through a program of its own, as training would,
/// dropout on. The batch is always the same, the first of the training rows as they are, so that looks compare. What it
/// sees is a function of the member and its state; training does not notice.
class Observer {
public:
    /// What `spec` points to must outlive it.
    explicit Observer(const MemberSpec& spec);

    /// Whether to look before the first update (0) or behind this epoch: as often as it is worth its time and there is
    /// something new to see.
    [[nodiscard]] bool is_due(std::uint32_t epoch) const noexcept { return epoch % interval_ == 0; }

    /// REQUIRES: a state of the member.
    [[nodiscard]] Observation look(const MemberState& state);

    /// Bytes that one takes, beside histograms. `rows`: how many the member is trained on.
    [[nodiscard]] static std::size_t bytes_of(const model::Network& network, const Hyperparameters& hyperparameters,
                                              std::size_t rows);

private:
    void run(const MemberState& state);
    [[nodiscard]] Distribution of_block(const std::string& name, const model::ParameterBlock& block,
                                        const core::Buffer<float>& numbers);

    MemberSpec spec_;
    std::uint32_t interval_;
    RowWeights weights_;
    std::vector<std::uint32_t> hidden_;
    model::Program program_;
    BatchTruth truth_;
    core::Buffer<float> gradients_;
    core::Buffer<float> statistics_;  ///< which a pass in training changes, and nobody reads
    compute::HistogramCounter counter_;
};

/// Epochs from one look to the next: so many that there are at least 50 updates in between, which keeps looking below
/// some percent of the time, and no more than a hundred looks in all. REQUIRES: batches > 0, those of an epoch.
[[nodiscard]] std::uint32_t epochs_between_looks(std::size_t epochs, std::size_t batches) noexcept;

}  // namespace ensemble::train
