#pragma once

#include <cstddef>
#include <span>

namespace ensemble::compute {

/// How a batch of images lies in memory: [count][channels / block][height][width][block], without gaps.
/// block = channels is the plain order, pixel by pixel; smaller blocks (8 or 16 channels, a vector register) are what
/// convolutions run fastest on.
struct Images {
    std::size_t count = 0;
    std::size_t height = 0;
    std::size_t width = 0;
    std::size_t channels = 0;
    std::size_t block = 0;

    [[nodiscard]] std::size_t pixels() const noexcept { return height * width; }
    [[nodiscard]] std::size_t blocks() const noexcept { return channels / block; }
    [[nodiscard]] std::size_t item_elements() const noexcept { return pixels() * channels; }
    [[nodiscard]] std::size_t elements() const noexcept { return count * item_elements(); }
};

/// Rows of each image that count, as of sequences of different lengths, whose steps are rows; empty: all of them. What
/// lies below them is padding.
using Heights = std::span<const std::size_t>;

/// Channels in a block of the fastest layout on this processor.
[[nodiscard]] std::size_t widest_block() noexcept;

/// Copies images from one order to another. REQUIRES: the same count and extents.
void reorder(const Images& from, const float* source, const Images& to, float* target);

}  // namespace ensemble::compute
