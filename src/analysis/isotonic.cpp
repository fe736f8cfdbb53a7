#include "analysis/isotonic.hpp"

#include <cmath>

#include "core/contract.hpp"

namespace ensemble::analysis {

void pool_adjacent_violators(std::span<const double> sums, std::span<const double> weights,
                             std::vector<IsotonicBlock>& blocks) {
    blocks.clear();
    for (std::size_t i = 0; i < sums.size(); ++i) {
        IsotonicBlock last{.end = i + 1, .sum = sums[i], .weight = weights[i]};
        // Values are compared without division: sum / weight ≥ sum / weight.
        while (!blocks.empty() && blocks.back().sum * last.weight >= last.sum * blocks.back().weight) {
            last.sum += blocks.back().sum;
            last.weight += blocks.back().weight;
            blocks.pop_back();
        }
        blocks.push_back(last);
    }
}

std::vector<IsotonicBlock> isotonic_blocks(std::span<const double> values, std::span<const double> weights) {
    core::require(values.size() == weights.size(), "every value has a weight");
    std::vector<double> sums(values.size());
    bool valid = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
        valid &= std::isfinite(values[i]) && std::isfinite(weights[i]) && weights[i] > 0;
        sums[i] = weights[i] * values[i];
    }
    core::require(valid, "isotonic regression is of finite values with weights above 0");
    std::vector<IsotonicBlock> blocks;
    pool_adjacent_violators(sums, weights, blocks);
    return blocks;
}

}  // namespace ensemble::analysis
