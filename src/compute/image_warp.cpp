#include "compute/image_warp.hpp"

#include <algorithm>
#include <cmath>

#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

/// The copy of an image has a pixel before and two behind it on each axis, so that four neighbours always exist.
constexpr std::size_t border_before = 1;
constexpr std::size_t border = 3;

}  // namespace

ImageWarp::ImageWarp(const core::Shape& shape, float background)
    : height_(shape.rank() > 1 ? shape[0] : 0),
      width_(shape.rank() > 1 ? shape[1] : 0),
      channels_(shape.rank() == 3 ? shape[2] : 1),
      padded_width_(width_ + border),
      copy_((height_ + border) * padded_width_ * channels_, background),
      place_(width_),
      across_(width_),
      below_(width_) {
    core::require(shape.elements() > 0 && (shape.rank() == 2 || shape.rank() == 3),
                  "images have height, width and perhaps channels");
}

void ImageWarp::apply(const Affine& affine, const Displacement& displacement, float* image) {
    const std::size_t row_floats = width_ * channels_;
    const std::size_t padded_floats = padded_width_ * channels_;
    for (std::size_t r = 0; r < height_; ++r) {
        std::copy_n(image + r * row_floats, row_floats,
                    copy_.data() + (r + border_before) * padded_floats + border_before * channels_);
    }
    // From the result back to the image: undo the shift, turn back, shrink; around the middle.
    const double middle_row = (static_cast<double>(height_) - 1) / 2;
    const double middle_column = (static_cast<double>(width_) - 1) / 2;
    const double cosine = std::cos(affine.turn);
    const double sine = std::sin(affine.turn);
    const auto row_by_row = static_cast<float>(cosine / affine.scale_y);
    const auto row_by_column = static_cast<float>(-sine / affine.scale_y);
    const auto column_by_row = static_cast<float>(sine / affine.scale_x);
    const auto column_by_column = static_cast<float>(cosine / affine.scale_x);
    const auto left = static_cast<float>(-middle_column - affine.right);
    const float row_zero = static_cast<float>(middle_row + border_before);
    const float column_zero = static_cast<float>(middle_column + border_before);
    const auto last_row = static_cast<float>(height_ + border_before);
    const auto last_column = static_cast<float>(width_ + border_before);
    const auto floats = static_cast<std::int32_t>(padded_floats);
    const auto channels = static_cast<std::int32_t>(channels_);
    std::int32_t* const place = place_.data();
    float* const across = across_.data();
    float* const below = below_.data();
    for (std::size_t r = 0; r < height_; ++r) {
        const auto from_middle = static_cast<float>(static_cast<double>(r) - middle_row - affine.down);
        const float* const down = displacement.down.empty() ? nullptr : displacement.down.data() + r * width_;
        const float* const right = displacement.right.empty() ? nullptr : displacement.right.data() + r * width_;
        const auto locate = [&](auto displaced) {
            const auto columns = static_cast<std::int32_t>(width_);
#pragma omp simd
            for (std::int32_t c = 0; c < columns; ++c) {
                const float x = static_cast<float>(c) + left;
                float row = row_by_row * from_middle + row_by_column * x + row_zero;
                float column = column_by_row * from_middle + column_by_column * x + column_zero;
                if constexpr (displaced()) {
                    row += down[c];
                    column += right[c];
                }
                row = std::min(std::max(row, 0.0F), last_row);
                column = std::min(std::max(column, 0.0F), last_column);
                const auto whole_row = static_cast<std::int32_t>(row);
                const auto whole_column = static_cast<std::int32_t>(column);
                below[c] = row - static_cast<float>(whole_row);
                across[c] = column - static_cast<float>(whole_column);
                place[c] = whole_row * floats + whole_column * channels;
            }
        };
        if (down == nullptr) {
            locate(std::false_type());
        } else {
            locate(std::true_type());
        }
        sample_row(image + r * row_floats);
    }
}

void ImageWarp::sample_row(float* out) {
    const float* const upper = copy_.data();
    const float* const lower = upper + padded_width_ * channels_;
    const auto columns = static_cast<std::int32_t>(width_);
    const auto channels = static_cast<std::int32_t>(channels_);
    const std::int32_t* const place = place_.data();
    const float* const across = across_.data();
    const float* const below = below_.data();
    // Written so that a place between no pixels gives the pixel's own bits.
    const auto between = [](float a, float b, float t) { return a + t * (b - a); };
    if (channels == 1) {
#pragma omp simd
        for (std::int32_t c = 0; c < columns; ++c) {
            const float above = between(upper[place[c]], upper[place[c] + 1], across[c]);
            const float under = between(lower[place[c]], lower[place[c] + 1], across[c]);
            out[c] = between(above, under, below[c]);
        }
        return;
    }
    for (std::int32_t c = 0; c < columns; ++c, out += channels) {
        const float* const a = upper + place[c];
        const float* const b = lower + place[c];
        for (std::int32_t k = 0; k < channels; ++k) {
            const float above = between(a[k], a[k + channels], across[c]);
            const float under = between(b[k], b[k + channels], across[c]);
            out[k] = between(above, under, below[c]);
        }
    }
}

}  // namespace ensemble::compute
