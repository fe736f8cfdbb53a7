#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/buffer.hpp"
#include "core/shape.hpp"

namespace ensemble::compute {

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

}  // namespace ensemble::compute
