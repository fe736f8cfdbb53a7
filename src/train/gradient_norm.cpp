#include "train/gradient_norm.hpp"

#include <cmath>

#include "compute/elementwise.hpp"

namespace ensemble::train {
namespace {

/// Padding between rows is left out: it need not be zero.
double plus_squares(double sum, const model::ParameterBlock& block, std::span<const float> gradients) {
    for (std::size_t row = 0; row < block.rows; ++row)
        sum = compute::plus_squares(sum, gradients.subspan(block.offset + row * block.stride, block.columns));
    return sum;
}

}  // namespace

std::vector<double> gradient_norms(std::span<const model::ParameterBlock> blocks, std::span<const float> gradients) {
    std::vector<double> norms;
    for (const model::ParameterBlock& block : blocks) {
        if (!block.is_weight) continue;
        const double sum = plus_squares(0, block, gradients);
        norms.push_back(std::sqrt(sum / static_cast<double>(block.rows * block.columns)));
    }
    return norms;
}

double clip(std::span<const model::ParameterBlock> blocks, std::span<float> gradients, double longest) {
    double sum = 0;
    for (const model::ParameterBlock& block : blocks) sum = plus_squares(sum, block, gradients);
    const double length = std::sqrt(sum);
    if (length <= longest) return length;
    const auto share = static_cast<float>(longest / length);
    for (const model::ParameterBlock& block : blocks) {
        for (float& slope : gradients.subspan(block.offset, block.size())) slope *= share;
    }
    return length;
}

}  // namespace ensemble::train
