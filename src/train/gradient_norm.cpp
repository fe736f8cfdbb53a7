#include "train/gradient_norm.hpp"

#include <cmath>

#include "compute/elementwise.hpp"

namespace ensemble::train {

std::vector<double> gradient_norms(std::span<const model::ParameterBlock> blocks, std::span<const float> gradients) {
    std::vector<double> norms;
    for (const model::ParameterBlock& block : blocks) {
        if (!block.is_weight) continue;
        double sum = 0;
        for (std::size_t row = 0; row < block.rows; ++row) {
            sum = compute::plus_squares(sum, gradients.subspan(block.offset + row * block.stride, block.columns));
        }
        norms.push_back(std::sqrt(sum / static_cast<double>(block.rows * block.columns)));
    }
    return norms;
}

}  // namespace ensemble::train
