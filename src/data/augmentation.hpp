#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

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

/// One image's distortion, apart from the elastic part.
struct Affine {
    double down = 0;  ///< pixels
    double right = 0;
    double turn = 0;     ///< radians; rows count downwards, so that a positive one turns clockwise
    double scale_y = 1;  ///< factors
    double scale_x = 1;  ///< below 0: mirrored
};

/// Distorts images in place: each pixel of the result is the bilinear interpolation of the image at the place it came
/// from, and `background` beyond the border. Everything a call needs is allocated before.
class ImageWarp {
public:
    /// `shape` is {height, width} or {height, width, channels}.
    explicit ImageWarp(const core::Shape& shape, float background = 0);

    /// Displacements of the pixels: where the one at (row, column) comes from, beside `affine`. Both empty, or
    /// [height × width].
    struct Displacement {
        std::span<const float> down;
        std::span<const float> right;
    };

    void apply(const Affine& affine, const Displacement& displacement, float* image);

private:
    void sample_row(float* out);

    std::size_t height_;
    std::size_t width_;
    std::size_t channels_;
    std::size_t padded_width_;  ///< of the copy, with a border of background
    core::Buffer<float> copy_;
    core::Buffer<std::int32_t> place_;  ///< of one row: of the upper left of four pixels
    core::Buffer<float> across_;        ///< of one row: how far right of it
    core::Buffer<float> below_;         ///< of one row: how far below it
};

/// Distorts the images of batches by random numbers of their own.
class Augmenter {
public:
    /// `most_images` in one batch, which end in `background`. REQUIRES: augmentation.any() and a shape that ImageWarp
    /// takes.
    Augmenter(const Augmentation& augmentation, const core::Shape& shape, std::size_t most_images,
              float background = 0);

    /// Distorts image i at images + i · stride by what `random` gives, which belongs to this batch alone.
    /// Image i sees the same numbers however many follow it. Allocates nothing.
    void apply(core::RandomStream random, std::size_t count, float* images, std::size_t stride);

private:
    [[nodiscard]] Affine draw_affine(std::span<const std::uint32_t> words) const;
    void draw_displacement(std::span<const std::uint32_t> words);

    Augmentation augmentation_;
    std::size_t height_;
    std::size_t width_;
    std::size_t affine_words_;
    std::size_t control_rows_ = 0;  ///< of the grid of displacements
    std::size_t control_columns_ = 0;
    ImageWarp distorter_;
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
