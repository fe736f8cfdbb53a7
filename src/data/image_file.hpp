#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/buffer.hpp"

namespace ensemble::data {

/// A decoded picture: [height × width × channels], one channel (grey) or three (red, green, blue).
struct Picture {
    std::size_t height = 0;
    std::size_t width = 0;
    std::size_t channels = 0;
    core::Buffer<std::uint8_t> pixels;
};

/// Pixels of the largest picture that is read.
inline constexpr std::size_t most_pixels = 100'000'000;

/// True for names that end as those of PNG and JPEG files do.
[[nodiscard]] bool is_picture_name(const std::filesystem::path& path);

/// Decodes a PNG (ISO/IEC 15948) or a JPEG file, whichever it begins as. Grey pictures have one channel; what is
/// transparent is seen before white; 16 bits become 8. Throws core::Error (data) that names the file for what is
/// neither, damaged, or larger than most_pixels.
[[nodiscard]] Picture read_picture(const std::filesystem::path& path);

/// The picture in another size, stretched where it has another shape: each new pixel is the mean of old ones, weighted
/// by a triangle that is as wide as the new pixel is, or as an old one where these are wider (linear interpolation).
[[nodiscard]] Picture resized(const Picture& picture, std::size_t height, std::size_t width);

/// Grey in all three colours.
[[nodiscard]] Picture in_colour(const Picture& grey);

}  // namespace ensemble::data
