#pragma once

#include <cstdint>
#include <string>

#include <turbojpeg.h>
#include <zlib.h>

#include "data/folder.hpp"

namespace ensemble::testing {

/// A PNG file (ISO/IEC 15948): signature, IHDR, one IDAT of rows without filters, IEND. `type` 0 is grey, 2 colour, 4
/// grey and 6 colour with transparency; `samples` row by row.
inline Bytes png(std::uint32_t height, std::uint32_t width, std::uint8_t type, const Bytes& samples,
                 std::uint8_t depth = 8) {
    const auto big = [](Bytes& to, std::size_t value) {
        for (const unsigned shift : {24U, 16U, 8U, 0U}) to.push_back(static_cast<std::uint8_t>(value >> shift));
    };
    Bytes file{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    const auto chunk = [&](const std::string& name, const Bytes& content) {
        big(file, content.size());
        Bytes checked(name.begin(), name.end());
        checked.insert(checked.end(), content.begin(), content.end());
        file.insert(file.end(), checked.begin(), checked.end());
        big(file, crc32(0, checked.data(), static_cast<unsigned>(checked.size())));
    };
    Bytes header;
    big(header, width);
    big(header, height);
    for (const std::uint8_t byte : {depth, type, std::uint8_t{0}, std::uint8_t{0}, std::uint8_t{0}})
        header.push_back(byte);
    chunk("IHDR", header);
    Bytes rows;
    const std::size_t row = height == 0 ? 0 : samples.size() / height;
    for (std::size_t begin = 0; begin < samples.size(); begin += row) {
        rows.push_back(0);
        rows.insert(rows.end(), samples.begin() + static_cast<std::ptrdiff_t>(begin),
                    samples.begin() + static_cast<std::ptrdiff_t>(begin + row));
    }
    Bytes packed(compressBound(rows.size()));
    uLongf length = packed.size();
    compress(packed.data(), &length, rows.data(), rows.size());
    packed.resize(length);
    chunk("IDAT", packed);
    chunk("IEND", {});
    return file;
}

/// A JPEG file of the best quality.
inline Bytes jpeg(int height, int width, bool grey, const Bytes& samples) {
    const tjhandle handle = tjInitCompress();
    unsigned char* made = nullptr;
    unsigned long size = 0;
    tjCompress2(handle, samples.data(), width, 0, height, grey ? TJPF_GRAY : TJPF_RGB, &made, &size,
                grey ? TJSAMP_GRAY : TJSAMP_444, 100, 0);
    const Bytes file(made, made + size);
    tjFree(made);
    tjDestroy(handle);
    return file;
}

}  // namespace ensemble::testing
