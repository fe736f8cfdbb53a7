#include "data/file_bytes.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/operations.hpp>

#include "core/error.hpp"

namespace data {
namespace {

namespace io = boost::iostreams;
using core::Failure;

// A deflate stream yields at most 258 bytes for every two bits.
constexpr std::uint64_t most_deflate_ratio = 1032;
constexpr std::size_t gzip_frame = 18;  // header without optional fields, checksum and length

/// An open file as the source a decompressor reads from.
class FileSource {
public:
    using char_type = char;
    using category = io::source_tag;

    FileSource(std::ifstream& stream, const std::filesystem::path& path) : stream_(&stream), path_(&path) {}

    std::streamsize read(char* out, std::streamsize count) {
        stream_->read(out, count);
        if (stream_->bad()) core::fail(Failure::data, "{}: cannot be read: {}", path_->string(), std::strerror(errno));
        return stream_->gcount() > 0 || count == 0 ? stream_->gcount() : -1;
    }

private:
    std::ifstream* stream_;
    const std::filesystem::path* path_;
};

std::uint64_t checked_size(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        core::fail(Failure::data, "{}: {}", path.string(), error ? error.message() : "is not a regular file");
    }
    const std::uint64_t size = std::filesystem::file_size(path, error);
    if (error) core::fail(Failure::data, "{}: cannot be read: {}", path.string(), error.message());
    return size;
}

[[noreturn]] void fail_gzip(const std::filesystem::path& path, std::uint64_t at, const char* what) {
    core::fail(Failure::data,
               "{}: gzip damage ({}) at or after byte {} of its content; fetch the file again or test it with gzip -t",
               path.string(), what, at);
}

const char* describe(const io::gzip_error& error) {
    switch (error.error()) {
        case io::gzip::bad_crc:
            return "checksum differs";
        case io::gzip::bad_header:
            return "bad header";
        case io::gzip::bad_footer:
            return "cut short in its last eight bytes";
        default:
            return error.zlib_error_code() == io::zlib::buf_error ? "cut short" : "bad compressed data";
    }
}

}  // namespace

struct FileBytes::Stream {
    std::ifstream file;
    FileSource source;
    std::optional<io::gzip_decompressor> gzip;
    std::uint64_t delivered = 0;
    std::uint32_t declared = 0;  ///< length of the content modulo 2^32, from the last four bytes of a .gz
    bool ended = false;

    explicit Stream(const std::filesystem::path& path) : file(path, std::ios::binary), source(file, path) {}
};

FileBytes::FileBytes(std::filesystem::path path)
    : path_(std::move(path)), file_size_(checked_size(path_)), stream_(std::make_unique<Stream>(path_)) {
    Stream& stream = *stream_;
    if (!stream.file) core::fail(Failure::data, "{}: cannot be opened: {}", path_.string(), std::strerror(errno));
    if (path_.extension() != ".gz") return;

    // Boost's decompressor ignores the reserved flags of the header and the length at the end: checked here.
    std::array<unsigned char, 4> header{};
    std::array<unsigned char, 4> length{};
    if (file_size_ < gzip_frame) fail_gzip(path_, 0, "shorter than any gzip file");
    const auto read_at = [&](std::uint64_t position, std::array<unsigned char, 4>& bytes) {
        stream.file.seekg(static_cast<std::streamoff>(position));
        stream.file.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
        if (!stream.file) core::fail(Failure::data, "{}: cannot be read: {}", path_.string(), std::strerror(errno));
    };
    read_at(0, header);
    read_at(file_size_ - length.size(), length);
    stream.file.seekg(0);
    if (header[0] != 0x1f || header[1] != 0x8b) fail_gzip(path_, 0, "does not begin as gzip files do");
    if ((header[3] & 0xe0U) != 0) fail_gzip(path_, 0, "reserved flags are set");
    for (std::size_t i = length.size(); i-- > 0;) stream.declared = stream.declared << 8U | length.at(i);
    constexpr std::streamsize buffer_size = 1 << 16;
    stream.gzip.emplace(io::gzip::default_window_bits, buffer_size);
}

FileBytes::~FileBytes() = default;
FileBytes::FileBytes(FileBytes&&) noexcept = default;
FileBytes& FileBytes::operator=(FileBytes&&) noexcept = default;

std::uint64_t FileBytes::most_bytes() const noexcept {
    return stream_->gzip ? file_size_ * most_deflate_ratio : file_size_;
}

std::size_t FileBytes::read(std::span<std::byte> out) {
    Stream& stream = *stream_;
    std::size_t filled = 0;
    try {
        while (filled < out.size() && !stream.ended) {
            char* const to = reinterpret_cast<char*>(out.data() + filled);
            const auto room = static_cast<std::streamsize>(out.size() - filled);
            const std::streamsize got =
                stream.gzip ? stream.gzip->read(stream.source, to, room) : stream.source.read(to, room);
            if (got < 0) {
                stream.ended = true;
            } else {
                filled += static_cast<std::size_t>(got);
                stream.delivered += static_cast<std::size_t>(got);
            }
        }
    } catch (const io::gzip_error& error) {
        fail_gzip(path_, stream.delivered, describe(error));
    } catch (const io::zlib_error&) {
        fail_gzip(path_, stream.delivered, "bad compressed data");
    }
    if (stream.ended && stream.gzip && static_cast<std::uint32_t>(stream.delivered) != stream.declared) {
        fail_gzip(path_, stream.delivered, "its length differs from that in its last four bytes");
    }
    return filled;
}

}  // namespace data
