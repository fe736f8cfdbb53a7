#pragma once

#include <cstddef>
#include <vector>

#include "compute/matmul.hpp"
#include "compute/rows.hpp"
#include "core/buffer.hpp"
#include "model/network.hpp"

namespace ensemble::model {

/// The two blocks of a dense layer.
struct DenseLayer {
    ParameterBlock weight;
    ParameterBlock bias;
};

/// The hidden dense layers of a network that is nothing but a stack of dense layers with activations, dropout and
/// flatten in between: what can be trained as Boltzmann machines one on top of the other, from input to output.
/// Throws core::Error (usage) that names the item in the way, or says that there is no hidden layer.
[[nodiscard]] std::vector<DenseLayer> hidden_dense_layers(const Network& network);

/// A dense layer with sigmoid units outside of any program, for batches of `rows` rows.
class SigmoidLayer {
public:
    SigmoidLayer(const DenseLayer& layer, std::size_t rows);

    /// Where the caller writes a batch [rows × fan in].
    [[nodiscard]] compute::Rows input() noexcept;

    /// out ← σ(input·W + b) with the weights of the flat buffer. REQUIRES: out [rows × units], its rows
    /// core::row_stride(units) floats apart.
    void forward(const float* parameters, const compute::Rows& out) const;

private:
    DenseLayer layer_;
    std::size_t rows_;
    std::size_t stride_;
    core::Buffer<float> input_;
    compute::MatMul product_;
};

}  // namespace ensemble::model
