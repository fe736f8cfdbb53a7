#include "data/gzip.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <new>

#include <zlib.h>

#include "core/error.hpp"

namespace ensemble::data {

using core::Failure;

struct GzipReader::Inflation {
    z_stream stream{};
    std::array<unsigned char, std::size_t{1} << 16U> input{};
};

GzipReader::GzipReader(RawFile& file) : file_(&file), inflation_(std::make_unique<Inflation>()) {
    constexpr int gzip_frames = 16;  // added to the window's bits, has zlib read header and trailer
    if (inflateInit2(&inflation_->stream, MAX_WBITS + gzip_frames) != Z_OK) throw std::bad_alloc();
}

GzipReader::~GzipReader() {
    inflateEnd(&inflation_->stream);
}

void GzipReader::refuse(const char* what) const {
    core::fail(Failure::data,
               "{}: gzip damage ({}) at or after byte {} of its content; fetch the file again or test it with gzip -t",
               file_->path().string(), what, delivered_);
}

/// Sees to it that there is input; false at the end of the file.
bool GzipReader::refill() {
    z_stream& stream = inflation_->stream;
    if (stream.avail_in > 0) return true;
    auto& input = inflation_->input;
    stream.next_in = input.data();
    stream.avail_in = static_cast<unsigned>(file_->read(std::as_writable_bytes(std::span(input))));
    return stream.avail_in > 0;
}

/// Goes to the next member, past zeros that fill a block of a tape or disk; false where there is none.
bool GzipReader::begin_member() {
    z_stream& stream = inflation_->stream;
    while (refill() && !is_first_ && *stream.next_in == 0) ++stream.next_in, --stream.avail_in;
    if (stream.avail_in == 0 && !is_first_) return false;
    constexpr unsigned char first_of_mark = 0x1f;
    if (!is_first_ && *stream.next_in != first_of_mark) refuse("what follows its end is not gzip");
    inflateReset(&stream);
    is_first_ = false;
    return true;
}

std::size_t GzipReader::read(std::span<std::byte> out) {
    z_stream& stream = inflation_->stream;
    std::size_t filled = 0;
    while (filled < out.size() && !ended_) {
        if (!in_member_) {
            in_member_ = begin_member();
            ended_ = !in_member_;
            continue;
        }
        if (!refill()) refuse("cut short");
        constexpr std::size_t most = std::numeric_limits<unsigned>::max();
        const std::size_t room = std::min(out.size() - filled, most);
        stream.next_out = reinterpret_cast<unsigned char*>(out.data() + filled);
        stream.avail_out = static_cast<unsigned>(room);
        const int result = inflate(&stream, Z_NO_FLUSH);
        const std::size_t got = room - stream.avail_out;
        filled += got;
        delivered_ += got;
        if (result == Z_MEM_ERROR) throw std::bad_alloc();
        if (result == Z_STREAM_END) {
            in_member_ = false;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            refuse(stream.msg != nullptr ? stream.msg : "bad compressed data");
        }
    }
    return filled;
}

}  // namespace ensemble::data
