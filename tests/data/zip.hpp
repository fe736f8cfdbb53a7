#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>

#include "data/folder.hpp"

namespace ensemble::testing {

/// A file of a zip archive as it is to be written; sizes and checksum are its own unless told otherwise.
struct ZipFile {
    std::string name;
    Bytes content;
    bool deflated = false;
    std::uint16_t flags = 0;
    std::uint32_t declared = 0;  ///< bytes that the directory says it has; 0: the truth
};

/// The bytes of an archive (PKWARE's APPNOTE.TXT 4.3): local headers with the content, then the central directory.
inline Bytes zip(const std::vector<ZipFile>& files) {
    Bytes archive;
    Bytes directory;
    const auto put = [](Bytes& to, std::uint64_t value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i) to.push_back(static_cast<std::uint8_t>(value >> 8U * i));
    };
    for (const ZipFile& file : files) {
        // gzip's frame around the same deflate stream: ten bytes before it, eight behind it.
        const Bytes framed = gzip(file.content);
        const Bytes packed = file.deflated ? Bytes(framed.begin() + 10, framed.end() - 8) : file.content;
        const auto checksum = crc32(0, file.content.data(), static_cast<unsigned>(file.content.size()));
        const std::uint64_t size = file.declared != 0 ? file.declared : file.content.size();
        const std::size_t offset = archive.size();
        const auto put_common = [&](Bytes& to) {
            put(to, 20, 2);
            put(to, file.flags, 2);
            put(to, file.deflated ? 8 : 0, 2);
            put(to, 0x5a210000, 4);  // a time and a date
            put(to, checksum, 4);
            put(to, packed.size(), 4);
            put(to, size, 4);
            put(to, file.name.size(), 2);
            put(to, 0, 2);
        };
        put(archive, 0x04034b50, 4);
        put_common(archive);
        archive.insert(archive.end(), file.name.begin(), file.name.end());
        archive.insert(archive.end(), packed.begin(), packed.end());
        put(directory, 0x02014b50, 4);
        put(directory, 20, 2);
        put_common(directory);
        put(directory, 0, 2);  // no comment, and no disks and attributes
        put(directory, 0, 8);
        put(directory, offset, 4);
        directory.insert(directory.end(), file.name.begin(), file.name.end());
    }
    const std::size_t begin = archive.size();
    archive.insert(archive.end(), directory.begin(), directory.end());
    put(archive, 0x06054b50, 4);
    put(archive, 0, 4);
    put(archive, files.size(), 2);
    put(archive, files.size(), 2);
    put(archive, directory.size(), 4);
    put(archive, begin, 4);
    put(archive, 0, 2);
    return archive;
}

}  // namespace ensemble::testing
