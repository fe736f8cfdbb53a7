#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compute/image_warp.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"
#include "core/shape.hpp"

namespace ensemble::data {

/// How far training images are distorted; every part is off at 0.
struct Augmentation {
    double shift = 0;    ///< pixels: uniform within ± this, in each direction
    double rotate = 0;   ///< degrees: uniform within ± this
    double scale = 0;    ///< share: width and height each grow by a factor uniform within 1 ± this; below 1
    double flip = 0;     ///< share of the images that are mirrored, left to right; at most 1
    double elastic = 0;  ///< pixels: a smooth displacement of no pixel by more than this in each direction

    [[nodiscard]] bool any() const noexcept { return shift > 0 || rotate > 0 || scale > 0 || flip > 0 || elastic > 0; }
};

/// Distorts the images of batches by random numbers of their own.
class Augmenter {
public:
    /// `most_images` in one batch, which end in `background`. REQUIRES: augmentation.any() and a shape that
    /// compute::ImageWarp takes.
    Augmenter(const Augmentation& augmentation, const core::Shape& shape, std::size_t most_images,
              float background = 0);

    /// Distorts image i at images + i · stride by what `random` gives, which belongs to this batch alone.
    /// Image i sees the same numbers however many follow it. Allocates nothing.
    void apply(core::RandomStream random, std::size_t count, float* images, std::size_t stride);

private:
    [[nodiscard]] compute::Affine draw_affine(std::span<const std::uint32_t> words) const;
    void draw_displacement(std::span<const std::uint32_t> words);

    Augmentation augmentation_;
    std::size_t height_;
    std::size_t width_;
    std::size_t affine_words_;
    std::size_t control_rows_ = 0;  ///< of the grid of displacements
    std::size_t control_columns_ = 0;
    compute::ImageWarp distorter_;
    std::vector<std::uint32_t> words_;
    core::Buffer<float> weights_down_;        ///< [height × control rows]: of each point in each row
    core::Buffer<float> weights_right_;       ///< [control columns × width]
    core::Buffer<float> control_points_;      ///< [2 × control rows × control columns]
    core::Buffer<float> row_control_points_;  ///< [2 × control columns]
    core::Buffer<float> down_;                ///< [height × width]
    core::Buffer<float> right_;
};

/// True if images of this shape can be distorted.
[[nodiscard]] bool is_image(const core::Shape& shape) noexcept;

}  // namespace ensemble::data
