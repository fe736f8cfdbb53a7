#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compute/convolution.hpp"
#include "model/layer_graph.hpp"
#include "model/parameters.hpp"

namespace ensemble::exchange {

/// Numbers as other programs want them: row-major, without padding.
struct Array {
    std::vector<std::int64_t> extents;
    std::vector<float> values;

    /// REQUIRES: as many values as `shape` has places.
    [[nodiscard]] Array reshaped(std::vector<std::int64_t> shape) &&;
};

/// What a trained network computes with: its flat buffers, in the layout of model::Network.
struct Weights {
    std::span<const float> parameters;
    std::span<const float> statistics;
};

/// A bias or a scale: [columns].
[[nodiscard]] Array vector_of(const model::ParameterBlock& block, const Weights& weights);

/// The first `width` of running statistics, which are padded where layers are: [width].
[[nodiscard]] Array vector_of(const model::StatisticsBlock& block, std::size_t width, const Weights& weights);

/// A weight as it lies here: [inputs, outputs].
[[nodiscard]] Array matrix_of(const model::ParameterBlock& block, const Weights& weights);

/// The same as PyTorch has it: [outputs, inputs].
[[nodiscard]] Array turned_matrix_of(const model::ParameterBlock& block, const Weights& weights);

/// A layer of columns as one that connects all: [outputs, inputs], where a column and the outputs of another have
/// zeros, and a category ones on the diagonal; and [outputs], with zeros for categories.
[[nodiscard]] Array turned_columns_of(const model::LayerNode& node, const Weights& weights);
[[nodiscard]] Array column_biases_of(const model::LayerNode& node, const Weights& weights);

/// The weight of a convolution: [channels out, channels in, window height, window width].
[[nodiscard]] Array filters_of(const model::ParameterBlock& block, const compute::ImageWindow& window,
                               const Weights& weights);

/// Stands for a gate without numbers: zeros.
inline constexpr std::size_t no_gate = static_cast<std::size_t>(-1);

/// Columns of a weight that belong to `gates`, each of so many `units`, in that order: [gates · units, inputs].
[[nodiscard]] Array gates_of(const model::ParameterBlock& block, std::size_t units, std::span<const std::size_t> gates,
                             const Weights& weights);

/// The same of a bias: [gates · units]. `blocks` lie one behind the other.
[[nodiscard]] Array gates_of(std::span<const model::ParameterBlock> blocks, std::size_t units,
                             std::span<const std::size_t> gates, const Weights& weights);

}  // namespace ensemble::exchange
