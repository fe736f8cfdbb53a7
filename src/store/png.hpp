#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ensemble::store {

/// An image of bytes, row after row from the top, with 1 channel (grey) or 3 (red, green, blue) side by side.
struct Picture {
    std::size_t height = 0;
    std::size_t width = 0;
    std::size_t channels = 1;
    std::vector<std::uint8_t> pixels;  ///< [height × width × channels]
};

/// The picture as a PNG file (ISO/IEC 15948). REQUIRES: pixels of that many rows, columns and channels, 1 or 3; at
/// least one.
[[nodiscard]] std::string to_png(const Picture& picture);

}  // namespace ensemble::store
