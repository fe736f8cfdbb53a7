#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/buffer.hpp"
#include "model/parameters.hpp"

namespace ensemble::train {

/// Keeps the weights that come into each unit of a dense layer on or inside a sphere of radius c: after an update,
/// w ← w · min(1, c/|w|) (Srivastava et al. 2014, section 5.1). Biases and layers that are not dense stay as they are.
class MaxNorm {
public:
    /// REQUIRES: c > 0.
    MaxNorm(std::span<const model::ParameterBlock> blocks, double c);

    /// A stretch of the flat buffer, [begin, end).
    struct Stretch {
        std::size_t begin = 0;
        std::size_t end = 0;
    };

    /// Takes note of floats that were just updated, while they are still in cache; once all of a block were, clips it.
    /// Returns the stretch that has its final values now: all of the block, or nothing if more of it is to come.
    /// REQUIRES: of a dense block whole rows, each once per step.
    Stretch updated(const model::ParameterBlock& block, std::size_t begin, std::size_t end,
                    std::span<float> parameters);

private:
    /// What is known of a dense block in the step under way.
    struct Columns {
        std::size_t offset;  ///< of the block
        std::size_t rows_seen = 0;
        core::Buffer<float> sums;  ///< of squares, by unit
    };

    void clip(const model::ParameterBlock& block, Columns& columns, std::span<float> parameters) const;

    float limit_;  ///< c²
    std::vector<Columns> dense_;
};

}  // namespace ensemble::train
