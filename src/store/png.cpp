#include "store/png.hpp"

#include <zlib.h>

#include <new>
#include <string_view>

#include "core/contract.hpp"

namespace ensemble::store {
namespace {

std::string big_endian(std::uint32_t number) {
    std::string bytes;
    for (unsigned shift = 32; shift > 0; shift -= 8) bytes += static_cast<char>((number >> (shift - 8)) & 0xffU);
    return bytes;
}

const Bytef* zlib_bytes(std::string_view text) {
    return reinterpret_cast<const Bytef*>(text.data());
}

/// Length, name, content, and the CRC-32 of the latter two.
std::string chunk(std::string_view name, std::string_view content) {
    const std::string body = std::string(name) + std::string(content);
    const auto checksum = ::crc32(0, zlib_bytes(body), static_cast<uInt>(body.size()));
    return big_endian(static_cast<std::uint32_t>(content.size())) + body +
           big_endian(static_cast<std::uint32_t>(checksum));
}

std::string compressed(std::string_view text) {
    uLongf size = ::compressBound(text.size());
    std::string out(size, '\0');
    const int result =
        ::compress2(reinterpret_cast<Bytef*>(out.data()), &size, zlib_bytes(text), text.size(), Z_DEFAULT_COMPRESSION);
    if (result != Z_OK) throw std::bad_alloc();  // the only way to fail where there is room
    out.resize(size);
    return out;
}

}  // namespace

std::string to_png(const Picture& picture) {
    const std::size_t row_size = picture.width * picture.channels;
    core::require(picture.channels == 1 || picture.channels == 3, "a picture is grey or of three colours");
    core::require(!picture.pixels.empty() && picture.pixels.size() == picture.height * row_size,
                  "a picture has a number for each pixel and channel");
    constexpr char depth = 8;
    const char colour = picture.channels == 1 ? 0 : 2;
    std::string header =
        big_endian(static_cast<std::uint32_t>(picture.width)) + big_endian(static_cast<std::uint32_t>(picture.height));
    for (const char byte : {depth, colour, '\0', '\0', '\0'}) header += byte;  // deflate, no interlace
    std::string rows;
    for (std::size_t row = 0; row < picture.height; ++row) {
        rows += '\0';  // no filter
        rows.append(reinterpret_cast<const char*>(picture.pixels.data()) + row * row_size, row_size);
    }
    constexpr std::string_view signature("\x89PNG\r\n\x1a\n", 8);
    return std::string(signature) + chunk("IHDR", header) + chunk("IDAT", compressed(rows)) + chunk("IEND", "");
}

}  // namespace ensemble::store
