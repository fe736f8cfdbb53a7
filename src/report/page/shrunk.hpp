#pragma once

#include <cstddef>

#include "store/png.hpp"

namespace ensemble::report {

/// Whether it has a pixel, and a number for each pixel and channel.
[[nodiscard]] bool is_whole(const store::Picture& image) noexcept;

/// The image made smaller, so that neither side is longer than `side`: each pixel the mean of a block of pixels. An
/// image that is small enough stays as it is. REQUIRES: is_whole(), side > 0.
[[nodiscard]] store::Picture shrunk(const store::Picture& image, std::size_t side);

}  // namespace ensemble::report
