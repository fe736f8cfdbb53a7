#include "train/max_norm.hpp"

#include <algorithm>
#include <cmath>

#include "compute/elementwise.hpp"
#include "core/contract.hpp"

namespace ensemble::train {

MaxNorm::MaxNorm(std::span<const model::ParameterBlock> blocks, double c) : limit_(static_cast<float>(c * c)) {
    core::require(c > 0, "a norm's limit is positive");
    for (const model::ParameterBlock& block : blocks) {
        if (!model::is_dense_weight(block)) continue;
        dense_.push_back({.offset = block.offset, .sums = core::Buffer<float>(block.columns, 0.0F)});
    }
}

MaxNorm::Stretch MaxNorm::updated(const model::ParameterBlock& block, std::size_t begin, std::size_t end,
                                  std::span<float> parameters) {
    const auto found = std::ranges::find(dense_, block.offset, &Columns::offset);
    if (found == dense_.end()) return {begin, end};
    core::require((begin - block.offset) % block.stride == 0 && (end - begin) % block.stride == 0,
                  "dense weights are updated by whole rows");
    for (std::size_t row = begin; row < end; row += block.stride) {
        compute::add_squares(parameters.subspan(row, block.columns), found->sums.data());
    }
    found->rows_seen += (end - begin) / block.stride;
    if (found->rows_seen < block.rows) return {begin, begin};
    clip(block, *found, parameters);
    return {block.offset, block.offset + block.size()};
}

void MaxNorm::clip(const model::ParameterBlock& block, Columns& columns, std::span<float> parameters) const {
    core::Buffer<float>& factors = columns.sums;
    // A NaN compares as false and stays what it is: a diverged member must not look healthy.
    const bool any = std::ranges::any_of(factors, [&](float sum) { return sum > limit_; });
    if (any) {
        for (float& value : factors) value = value > limit_ ? std::sqrt(limit_ / value) : 1.0F;
        for (std::size_t row = 0; row < block.rows; ++row) {
            compute::multiply(parameters.subspan(block.offset + row * block.stride, block.columns), factors.data());
        }
    }
    std::ranges::fill(columns.sums, 0.0F);
    columns.rows_seen = 0;
}

}  // namespace ensemble::train
