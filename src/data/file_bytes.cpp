#include "data/file_bytes.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/memory.hpp"
#include "core/path.hpp"
#include "data/gzip.hpp"
#include "data/raw_file.hpp"

namespace ensemble::data {
namespace {

using core::Failure;
using std::string_view_literals::operator""sv;

// Of a pipe.
constexpr std::uint64_t unknown_size = std::numeric_limits<std::uint64_t>::max();

/// How files begin that have to be unpacked first.
struct Packing {
    std::string_view mark;
    std::string_view advice;
};
constexpr std::string_view gzip_mark = "\x1f\x8b"sv;
constexpr std::array<Packing, 5> packings{
    Packing{"BZh91AY&SY"sv, "is compressed by bzip2; unpack it with bunzip2"},
    Packing{"\xfd\x37\x7a\x58\x5a\0"sv, "is compressed by xz; unpack it with unxz"},
    Packing{"\x28\xb5\x2f\xfd"sv, "is compressed by Zstandard; unpack it with unzstd"},
    Packing{"\x1f\x9d"sv, "is compressed by compress; unpack it with gzip -d"},
    Packing{"PK\3\4"sv,
            "is a zip archive (.zip, .npz, .xlsx); give it the ending .npz if it holds NumPy arrays, else take "
            "the table out of it and give that as .csv"}};

std::uint64_t checked_size(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        core::fail(Failure::data, "{}: {}", path.string(), error ? error.message() : "is not a regular file");
    }
    const std::uint64_t size = std::filesystem::file_size(path, error);
    if (error) core::fail(Failure::data, "{}: cannot be read: {}", path.string(), error.message());
    return size;
}

std::string gigabytes(std::uint64_t bytes) {
    constexpr double giga = 1e9;
    return bytes < 10'000'000 ? fmt::format("{} bytes", bytes)
                              : fmt::format("{:.2f} GB", static_cast<double>(bytes) / giga);
}

}  // namespace

struct FileBytes::Stream {
    std::optional<RawFile> file;  ///< none of an entry of an archive
    std::optional<GzipReader> gzip;
    std::optional<ArchiveReader> entry;

    explicit Stream(RawFile raw) { file.emplace(std::move(raw)); }
    Stream(const std::filesystem::path& archive, const ArchiveEntry& of) { entry.emplace(archive, of); }
};

FileBytes::FileBytes(std::filesystem::path path)
    : FileBytes{checked_size(path), std::make_unique<Stream>(RawFile(path))} {}

FileBytes FileBytes::stream(const std::filesystem::path& path) {
    std::error_code error;
    if (path == "-") return {unknown_size, std::make_unique<Stream>(RawFile::standard_input())};
    if (std::filesystem::is_regular_file(path, error)) return FileBytes(path);
    if (std::filesystem::is_directory(path, error)) {
        core::fail(Failure::data, "{}: is a directory; give a file", path.string());
    }
    return {unknown_size, std::make_unique<Stream>(RawFile(path))};
}

FileBytes::FileBytes(std::uint64_t size, std::unique_ptr<Stream> stream)
    : path_(stream->file->path()), file_size_(size), stream_(std::move(stream)) {
    const std::string_view mark = stream_->file->begin();
    for (const Packing& packing : packings) {
        if (mark.starts_with(packing.mark)) core::fail(Failure::data, "{}: {}", path_.string(), packing.advice);
    }
    if (mark.starts_with(gzip_mark)) {
        stream_->gzip.emplace(*stream_->file);
    } else if (core::has_extension(path_, ".gz")) {
        core::fail(Failure::data,
                   "{}: gzip damage (does not begin as gzip files do); fetch the file again, or take .gz off its name "
                   "if it is not compressed",
                   path_.string());
    }
}

FileBytes::FileBytes(const std::filesystem::path& archive, const ArchiveEntry& entry)
    : path_(entry_name(archive, entry.name)),
      file_size_(entry.bytes),
      stream_(std::make_unique<Stream>(archive, entry)) {}

FileBytes::~FileBytes() = default;
FileBytes::FileBytes(FileBytes&&) noexcept = default;
FileBytes& FileBytes::operator=(FileBytes&&) noexcept = default;

bool FileBytes::is_compressed() const noexcept {
    return stream_->gzip.has_value();
}

bool FileBytes::has_size() const noexcept {
    return !is_compressed() && file_size_ != unknown_size;
}

std::uint64_t FileBytes::most_bytes() const noexcept {
    return is_compressed() && file_size_ != unknown_size ? file_size_ * most_deflate_ratio : file_size_;
}

std::size_t FileBytes::read(std::span<std::byte> out) {
    if (stream_->gzip) return stream_->gzip->read(out);
    if (stream_->entry) return stream_->entry->read(out);
    std::size_t filled = 0;
    while (filled < out.size()) {
        const std::size_t got = stream_->file->read(out.subspan(filled));
        if (got == 0) break;
        filled += got;
    }
    return filled;
}

std::size_t FileBytes::read_some(std::span<std::byte> out) {
    return stream_->gzip ? stream_->gzip->read(out) : stream_->file->read(out);
}

bool FileBytes::has_more() const noexcept {
    return stream_->file->has_more();
}

std::string FileBytes::read_text(const TextLimits& limits) {
    core::require(!stream_->entry, "text is read from files");
    std::uint64_t most = limits.most;
    // The numbers of a text take about as much memory as the text.
    if (most == 0) most = core::attainable_memory() / 2;
    if (most == 0) most = most_bytes();  // nothing is known about memory
    if (!is_compressed() && file_size_ > most) refuse_size(file_size_, most);
    constexpr std::size_t piece = std::size_t{1} << 20U;
    constexpr std::uint64_t usual_ratio = 5;
    std::string text;
    // Memory that is reserved and not written to costs nothing, and moving the text when it grows would hold it twice.
    text.reserve(std::min(most, is_compressed() ? usual_ratio * file_size_ : file_size_) + piece);
    // Text that outgrows what it was given is held twice while it moves: of much of it the size is counted before.
    std::uint64_t counted_from = is_compressed() && most_bytes() > text.capacity() ? most / 8 : most;
    std::size_t line_begin = 0;
    for (std::size_t got = piece; got == piece;) {
        const std::size_t size = text.size();
        text.resize(size + piece);
        got = read(std::as_writable_bytes(std::span(text)).subspan(size));
        text.resize(size + got);
        const std::size_t line_end = std::string_view(text).substr(size).find_last_of("\r\n");
        if (line_end != std::string_view::npos) line_begin = size + line_end + 1;
        refuse_bomb(text.size(), text.size() - line_begin, limits);
        if (text.size() > counted_from) {
            counted_from = most;
            const std::uint64_t whole = count_bytes(most);
            if (whole > most) {
                text = {};
                refuse_size(size + got, most);
            }
            text.reserve(whole + piece);
        }
        if (text.size() > most) {
            const std::uint64_t seen = text.size();
            text = {};
            refuse_size(seen, most);
        }
    }
    return text;
}

std::uint64_t FileBytes::count_bytes(std::uint64_t most) const {
    FileBytes again(path_);
    std::vector<std::byte> lost(std::size_t{1} << 20U);
    std::uint64_t bytes = 0;
    for (std::size_t got = lost.size(); got == lost.size() && bytes <= most; bytes += got) got = again.read(lost);
    return bytes;
}

/// Long before memory is full: what a small file can be unpacked to is a thousand times its size.
void FileBytes::refuse_bomb(std::uint64_t seen, std::uint64_t line, const TextLimits& limits) const {
    constexpr std::uint64_t highest_ratio = 800;  // rows that are all the same reach 700
    if (line > limits.line) {
        core::fail(
            Failure::data,
            "{}: holds a line of more than {} MB{}, which is no row of a table; write every row in a line of its "
            "own",
            path_.string(), limits.line >> 20U, is_compressed() ? " when it is unpacked" : "");
    }
    if (is_compressed() && seen > limits.much && seen / highest_ratio > file_size_) {
        core::fail(Failure::data,
                   "{}: its {} on disk unpack to more than {}, nothing but repetition and no table; unpack it and look "
                   "into it with gzip -dc | head",
                   path_.string(), gigabytes(file_size_), gigabytes(limits.much));
    }
}

void FileBytes::refuse_size(std::uint64_t seen, std::uint64_t most) {
    // Counted on for the message, but not for hours: a small file may hold terabytes.
    constexpr std::uint64_t enough = std::uint64_t{1} << 34U;
    bool ended = !is_compressed();
    std::vector<std::byte> lost(std::size_t{1} << 20U);
    while (!ended && seen < enough) {
        const std::size_t got = read(lost);
        seen += got;
        ended = got < lost.size();
    }
    core::fail(Failure::data,
               "{}: holds {}{}{}, but memory has room for {} of it; give fewer rows or columns, or take a machine with "
               "more memory",
               path_.string(), ended ? "" : "more than ", gigabytes(seen),
               is_compressed() ? fmt::format(" when it is unpacked ({} on disk)", gigabytes(file_size_)) : "",
               gigabytes(most));
}

void require_memory(const std::filesystem::path& file, std::uint64_t bytes) {
    const std::uint64_t left = core::attainable_memory();
    if (left == 0 || bytes <= left) return;
    core::fail(
        Failure::data,
        "{}: needs {} of memory, but {} are left; give fewer rows or columns, or take a machine with more memory",
        file.string(), gigabytes(bytes), gigabytes(left));
}

}  // namespace ensemble::data
