#pragma once

#include <cstddef>
#include <span>

#include "compute/precision.hpp"
#include "core/buffer.hpp"
#include "model/parameters.hpp"

namespace ensemble::train {

/// The copy of a member's weights in bf16 that its programs read: made once, and from then on written by whatever
/// changes a weight. In single precision there is none.
class NarrowWeights {
public:
    explicit NarrowWeights(compute::Precision precision) : is_wanted_(precision == compute::Precision::bf16) {}

    /// Comes before each forward pass: makes the copy where there is none yet.
    void make(std::span<const float> parameters) {
        if (!is_wanted_ || !copy_.empty()) return;
        copy_.resize(parameters.size());
        compute::narrow(parameters, copy_);
    }

    /// Where an update of [begin, end), part of `block`, writes its copy; empty where nobody reads one.
    [[nodiscard]] std::span<compute::Bfloat16> stretch(const model::ParameterBlock& block, std::size_t begin,
                                                       std::size_t end) {
        if (copy_.empty() || !block.is_weight) return {};
        return std::span(copy_).subspan(begin, end - begin);
    }

    /// After [begin, end), part of `block`, was changed by something that writes no copy.
    void follow(std::span<const float> parameters, const model::ParameterBlock& block, std::size_t begin,
                std::size_t end) {
        const std::span<compute::Bfloat16> to = stretch(block, begin, end);
        if (!to.empty()) compute::narrow(parameters.subspan(begin, to.size()), to);
    }

    /// For model::Pass.
    [[nodiscard]] const compute::Bfloat16* data() const noexcept { return copy_.empty() ? nullptr : copy_.data(); }

private:
    bool is_wanted_;
    core::Buffer<compute::Bfloat16> copy_;  ///< of all parameters, as they lie
};

}  // namespace ensemble::train
