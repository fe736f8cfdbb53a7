#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <zlib.h>

namespace ensemble::testing {

using Bytes = std::vector<std::uint8_t>;

/// A new folder that vanishes with the object.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "ensemble_data_XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    void write(const std::string& name, const Bytes& bytes) const {
        std::ofstream file(path_ / name, std::ios::binary);
        file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        file.close();
        if (!file) throw std::runtime_error("cannot write " + name);
    }

    /// As a path, for those who read it.
    [[nodiscard]] std::string write_text(const std::string& name, const std::string& text) const {
        write(name, Bytes(text.begin(), text.end()));
        return (path_ / name).string();
    }

    void remove(const std::string& name) const { std::filesystem::remove(path_ / name); }

private:
    std::filesystem::path path_;
};

/// An IDX file of unsigned bytes.
inline Bytes idx(const std::vector<std::uint32_t>& extents, const Bytes& values) {
    Bytes file{0, 0, 0x08, static_cast<std::uint8_t>(extents.size())};
    for (const std::uint32_t extent : extents) {
        for (const unsigned shift : {24U, 16U, 8U, 0U}) file.push_back(static_cast<std::uint8_t>(extent >> shift));
    }
    file.insert(file.end(), values.begin(), values.end());
    return file;
}

/// `content` as gzip frames it (RFC 1952): ten bytes of header without optional fields, deflate, checksum, length.
inline Bytes gzip(const Bytes& content) {
    z_stream stream{};
    deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL - 1, Z_DEFAULT_STRATEGY);
    std::vector<unsigned char> packed(deflateBound(&stream, content.size()));
    stream.next_in = const_cast<unsigned char*>(content.data());
    stream.avail_in = static_cast<unsigned>(content.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<unsigned>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(packed.size() - stream.avail_out);
    deflateEnd(&stream);
    const std::size_t checksum = crc32(0, content.data(), static_cast<unsigned>(content.size()));
    // As a string first: GCC 12 suspects an insertion behind the end of a vector of known length.
    std::string framed("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    framed.append(packed.begin(), packed.end());
    Bytes file(framed.begin(), framed.end());
    for (const std::size_t word : {checksum, content.size()}) {
        for (const unsigned shift : {0U, 8U, 16U, 24U}) file.push_back(static_cast<std::uint8_t>(word >> shift));
    }
    return file;
}

/// A NumPy file of format 1.0 in C order: `shape` as Python writes it.
template <class Value>
Bytes npy(const std::string& type, const std::string& shape, const std::vector<Value>& values) {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    while ((10 + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';
    std::string file("\x93NUMPY\1\0", 8);
    file += static_cast<char>(header.size() & 255U);
    file += static_cast<char>(header.size() >> 8U);
    file += header;
    file.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value));
    return {file.begin(), file.end()};
}

}  // namespace ensemble::testing
