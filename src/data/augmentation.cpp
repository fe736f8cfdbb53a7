#include "data/augmentation.hpp"

#include <algorithm>
#include <array>
#include <numbers>

#include "core/contract.hpp"

namespace ensemble::data {
namespace {

/// The pixels of a side between two control points of the displacement: about as far as neighbours moved alike in
/// Simard, Steinkraus, Platt: "Best practices for convolutional neural networks" (ICDAR 2003), where fields were
/// smoothed by a Gaussian of 4 pixels on images of 28.
constexpr std::size_t control_distance = 7;
constexpr std::size_t spline_taps = 4;
constexpr std::size_t affine_words = 5;  // and one that says whether to mirror, where that may happen

/// Uniform in [−1, 1): 24 bits, all that a float holds.
float signed_uniform(std::uint32_t word) {
    return static_cast<float>(static_cast<std::int32_t>(word >> 8U) - (1 << 23)) * 0x1p-23F;
}

/// Uniform in [0, 1).
double unit_uniform(std::uint32_t word) {
    return static_cast<double>(word) * 0x1p-32;
}

std::size_t knots_of(std::size_t pixels) {
    return (pixels - 1) / control_distance + spline_taps;
}

/// Cubic B-splines at t of the way from the second point to the third: no weight is negative and their sum is 1, so a
/// displacement is never larger than its control points.
std::array<float, spline_taps> spline(double t) {
    const double s = 1 - t;
    return {static_cast<float>(s * s * s / 6), static_cast<float>((3 * t * t * t - 6 * t * t + 4) / 6),
            static_cast<float>((3 * s * s * s - 6 * s * s + 4) / 6), static_cast<float>(t * t * t / 6)};
}

}  // namespace

bool is_image(const core::Shape& shape) noexcept {
    return shape.rank() == 2 || shape.rank() == 3;
}

Augmenter::Augmenter(const Augmentation& augmentation, const core::Shape& shape, std::size_t most_images,
                     float background)
    : augmentation_(augmentation),
      height_(is_image(shape) ? shape[0] : 0),
      width_(is_image(shape) ? shape[1] : 0),
      affine_words_(affine_words + (augmentation.flip > 0 ? 1 : 0)),
      distorter_(shape, background) {
    core::require(augmentation.any() && augmentation.scale < 1 && augmentation.flip <= 1,
                  "an augmentation distorts, and leaves something");
    if (augmentation_.elastic > 0) {
        control_rows_ = knots_of(height_);
        control_columns_ = knots_of(width_);
        weights_down_.assign(height_ * control_rows_, 0.0F);
        weights_right_.assign(control_columns_ * width_, 0.0F);
        const auto fill = [](std::size_t pixels, auto weight) {
            for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
                const auto taps = spline(static_cast<double>(pixel % control_distance) / double{control_distance});
                for (std::size_t tap = 0; tap < spline_taps; ++tap)
                    weight(pixel, pixel / control_distance + tap) = taps.at(tap);
            }
        };
        fill(height_,
             [&](std::size_t r, std::size_t point) -> float& { return weights_down_[r * control_rows_ + point]; });
        fill(width_, [&](std::size_t c, std::size_t point) -> float& { return weights_right_[point * width_ + c]; });
        control_points_.resize(2 * control_rows_ * control_columns_);
        row_control_points_.resize(2 * control_columns_);
        down_.resize(height_ * width_);
        right_.resize(height_ * width_);
    }
    words_.resize(most_images * (affine_words_ + control_points_.size()));
}

compute::Affine Augmenter::draw_affine(std::span<const std::uint32_t> words) const {
    const auto draw = [&](std::size_t word, double most) { return most * double{signed_uniform(words[word])}; };
    const bool is_mirrored = words.size() > affine_words && unit_uniform(words[affine_words]) < augmentation_.flip;
    return {.down = draw(0, augmentation_.shift),
            .right = draw(1, augmentation_.shift),
            .turn = draw(2, augmentation_.rotate) * std::numbers::pi / 180,
            .scale_y = 1 + draw(3, augmentation_.scale),
            .scale_x = (is_mirrored ? -1 : 1) * (1 + draw(4, augmentation_.scale))};
}

void Augmenter::draw_displacement(std::span<const std::uint32_t> words) {
    const auto strength = static_cast<float>(augmentation_.elastic);
    for (std::size_t i = 0; i < control_points_.size(); ++i) control_points_[i] = strength * signed_uniform(words[i]);
    const std::size_t half = control_rows_ * control_columns_;
    for (std::size_t r = 0; r < height_; ++r) {
        // First the splines down this row, then those across it.
        std::ranges::fill(row_control_points_, 0.0F);
        for (std::size_t tap = 0; tap < spline_taps; ++tap) {
            const std::size_t point = r / control_distance + tap;
            const float weight = weights_down_[r * control_rows_ + point];
            for (std::size_t k = 0; k < control_columns_; ++k) {
                row_control_points_[k] += weight * control_points_[point * control_columns_ + k];
                row_control_points_[control_columns_ + k] +=
                    weight * control_points_[half + point * control_columns_ + k];
            }
        }
        float* __restrict down = down_.data() + r * width_;
        float* __restrict right = right_.data() + r * width_;
        std::fill_n(down, width_, 0.0F);
        std::fill_n(right, width_, 0.0F);
        for (std::size_t k = 0; k < control_columns_; ++k) {
            const float* const weights = weights_right_.data() + k * width_;
            const float a = row_control_points_[k];
            const float b = row_control_points_[control_columns_ + k];
#pragma omp simd
            for (std::size_t c = 0; c < width_; ++c) {
                down[c] += weights[c] * a;
                right[c] += weights[c] * b;
            }
        }
    }
}

void Augmenter::apply(core::RandomStream random, std::size_t count, float* images, std::size_t stride) {
    const std::size_t each = affine_words_ + control_points_.size();
    core::require(count * each <= words_.size(), "a batch has no more images than were announced");
    const auto words = std::span(words_).first(count * each);
    random.fill(words);
    for (std::size_t i = 0; i < count; ++i) {
        const std::span<const std::uint32_t> own = words.subspan(i * each, each);
        compute::ImageWarp::Displacement displacement;
        if (!control_points_.empty()) {
            draw_displacement(own.subspan(affine_words_));
            displacement = {.down = down_, .right = right_};
        }
        distorter_.apply(draw_affine(own.first(affine_words_)), displacement, images + i * stride);
    }
}

}  // namespace ensemble::data
