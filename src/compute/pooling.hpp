#pragma once

#include <cstdint>
#include <span>

#include "compute/convolution.hpp"
#include "compute/images.hpp"
#include "compute/matmul.hpp"

namespace ensemble::compute {

/// The images that pooling windows of `window` leave of `in`, in the same order of channels.
[[nodiscard]] Images pooled(const Images& in, const ImageWindow& window);

/// y ← largest value of each window, padding excluded (0 where nothing else is in it); `chosen` [like y] remembers its
/// place in the window (row by row, the first of equals), for backward. A NaN in a window is its result. REQUIRES:
/// windows of at most 256 elements.
void max_pool(const Images& in, const ImageWindow& window, const float* x, float* y, std::span<std::uint8_t> chosen,
              Heights heights = {});

/// dx ← dy at the places that max_pool() chose, added up where windows overlap, 0 elsewhere.
void max_pool_backward(const Images& in, const ImageWindow& window, const float* dy,
                       std::span<const std::uint8_t> chosen, float* dx, Heights heights = {});

/// y ← mean of each window, padding excluded; 0 of nothing.
void average_pool(const Images& in, const ImageWindow& window, const float* x, float* y, Heights heights = {});

/// dx ← dy shared out evenly over each window.
void average_pool_backward(const Images& in, const ImageWindow& window, const float* dy, float* dx,
                           Heights heights = {});

/// y [count × channels] ← mean of each channel over its image; images and rows of y lie `x_stride` and `y_stride`
/// apart.
void global_average(const Images& in, const float* x, std::size_t x_stride, float* y, std::size_t y_stride,
                    Heights heights = {});

/// dx ← dy shared out evenly over each image, or dx ← dx + ….
void global_average_backward(const Images& in, const float* dy, std::size_t dy_stride, Accumulate accumulate, float* dx,
                             std::size_t dx_stride, Heights heights = {});

}  // namespace ensemble::compute
