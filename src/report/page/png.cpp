#include "report/page/png.hpp"

#include <algorithm>
#include <string_view>

#include <zlib.h>

#include "core/contract.hpp"

namespace ensemble::report {
namespace {

void append_big_endian(std::string& bytes, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 255U);
}

const Bytef* as_bytes_of_zlib(std::string_view text) {
    return reinterpret_cast<const Bytef*>(text.data());
}

/// Length, type, data and the CRC of both.
void append_chunk(std::string& file, std::string_view type, std::string_view data) {
    append_big_endian(file, static_cast<std::uint32_t>(data.size()));
    std::string body(type);
    body += data;
    file += body;
    append_big_endian(file,
                      static_cast<std::uint32_t>(crc32(0, as_bytes_of_zlib(body), static_cast<uInt>(body.size()))));
}

std::string deflated(std::string_view data) {
    uLongf size = compressBound(static_cast<uLong>(data.size()));
    std::string result(size, '\0');
    const int code = compress2(reinterpret_cast<Bytef*>(result.data()), &size, as_bytes_of_zlib(data),
                               static_cast<uLong>(data.size()), Z_BEST_COMPRESSION);
    core::require(code == Z_OK, "zlib deflates what fits into its own bound");
    result.resize(size);
    return result;
}

}  // namespace

std::string png(const Image& image) {
    core::require(image.is_whole(), "an image has as many bytes as its pixels need");
    std::string lines;
    const std::size_t length = image.width * image.channels;
    for (std::size_t row = 0; row < image.height; ++row) {
        lines += '\0';  // filter type: none
        lines.append(reinterpret_cast<const char*>(image.bytes.data()) + row * length, length);
    }
    std::string header;
    append_big_endian(header, static_cast<std::uint32_t>(image.width));
    append_big_endian(header, static_cast<std::uint32_t>(image.height));
    header += '\x08';                               // bits a channel
    header += image.channels == 1 ? '\0' : '\x02';  // colour type: grey or RGB
    header.append(3, '\0');                         // deflate, adaptive filters, no interlace
    std::string file = "\x89PNG\r\n\x1a\n";
    append_chunk(file, "IHDR", header);
    append_chunk(file, "IDAT", deflated(lines));
    append_chunk(file, "IEND", "");
    return file;
}

Image shrunk(const Image& image, std::size_t side) {
    core::require(image.is_whole() && side > 0, "an image that is whole becomes one of a pixel or more");
    const std::size_t longer = std::max(image.width, image.height);
    const std::size_t block = (longer + side - 1) / side;  // pixels of each side that become one
    if (block <= 1) return image;
    Image small{.width = (image.width + block - 1) / block,
                .height = (image.height + block - 1) / block,
                .channels = image.channels};
    for (std::size_t row = 0; row < small.height; ++row) {
        for (std::size_t column = 0; column < small.width; ++column) {
            for (std::size_t channel = 0; channel < image.channels; ++channel) {
                std::size_t sum = 0;
                std::size_t pixels = 0;
                for (std::size_t y = row * block; y < std::min((row + 1) * block, image.height); ++y) {
                    for (std::size_t x = column * block; x < std::min((column + 1) * block, image.width);
                         ++x, ++pixels) {
                        sum += image.bytes[(y * image.width + x) * image.channels + channel];
                    }
                }
                small.bytes.push_back(static_cast<std::uint8_t>((sum + pixels / 2) / pixels));
            }
        }
    }
    return small;
}

}  // namespace ensemble::report
