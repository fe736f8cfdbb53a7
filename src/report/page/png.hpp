#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ensemble::report {

/// Bytes of an image, row after row from above, the channels of a pixel side by side; 0 is black.
struct Image {
    std::size_t width = 0;
    std::size_t height = 0;
    std::size_t channels = 1;  ///< 1 (grey) or 3 (red, green, blue)
    std::vector<std::uint8_t> bytes = {};

    [[nodiscard]] bool is_whole() const noexcept {
        return width > 0 && height > 0 && (channels == 1 || channels == 3) && bytes.size() == width * height * channels;
    }
};

/// The image as a PNG file of 8 bits a channel (ISO/IEC 15948), deflated by zlib. REQUIRES: is_whole().
[[nodiscard]] std::string png(const Image& image);

/// The image made smaller, so that neither side is longer than `side`: each pixel the mean of a block of pixels. An
/// image that is small enough stays as it is. REQUIRES: is_whole(), side > 0.
[[nodiscard]] Image shrunk(const Image& image, std::size_t side);

}  // namespace ensemble::report
