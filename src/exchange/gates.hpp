#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace ensemble::exchange {

/// In which order a format wants the gates of a recurrent layer: places among ours, which compute::Cell tells of.
/// Columns of `weight` and `recurrent` lie as model::RecurrentParameters says; biases of x and of h beside those of the
/// gates of x.
struct GateOrder {
    std::span<const std::size_t> weight;
    std::span<const std::size_t> recurrent;
    std::span<const std::size_t> bias;
    std::span<const std::size_t> recurrent_bias;  ///< no_gate where a gate's two biases are one here
};

/// ONNX: lstm i o f c, gru z r h. `kind` is a layer's name. REQUIRES: a recurrent layer.
[[nodiscard]] GateOrder onnx_gates(std::string_view kind);

/// PyTorch: lstm i f g o, gru r z n.
[[nodiscard]] GateOrder torch_gates(std::string_view kind);

}  // namespace ensemble::exchange
