#pragma once

#include <span>
#include <vector>

#include "model/parameters.hpp"

namespace ensemble::train {

/// For each block of weights, in the order of the layout, the root of the mean square of its gradient: how much of the
/// error arrives at its layer. Zero all the way down is what a vanishing gradient looks like.
[[nodiscard]] std::vector<double> gradient_norms(std::span<const model::ParameterBlock> blocks,
                                                 std::span<const float> gradients);

/// Shortens the gradient of all parameters together to the length `longest` where it is longer, keeping its direction
/// (Pascanu et al. 2013, On the difficulty of training recurrent neural networks, algorithm 1). Returns the length that
/// it had.
double clip(std::span<const model::ParameterBlock> blocks, std::span<float> gradients, double longest);

}  // namespace ensemble::train
