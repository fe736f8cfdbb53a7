#include "store/gzip_writer.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>
#include <utility>

#include "core/contract.hpp"

namespace ensemble::store {
namespace {

constexpr int as_gzip = 16;  // added to the window's size: with the header and trailer of gzip
constexpr int memory_level = 8;

}  // namespace

struct GzipWriter::Deflation {
    z_stream stream{};
    std::array<std::byte, std::size_t{1} << 16U> packed{};

    Deflation() {
        if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + as_gzip, memory_level,
                         Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::bad_alloc();
    }
    ~Deflation() { deflateEnd(&stream); }
    Deflation(const Deflation&) = delete;
    Deflation& operator=(const Deflation&) = delete;
};

GzipWriter::GzipWriter(std::function<void(std::span<const std::byte>)> put)
    : put_(std::move(put)), deflation_(std::make_unique<Deflation>()) {}

GzipWriter::~GzipWriter() = default;

void GzipWriter::run(std::span<const std::byte> bytes, int flush) {
    z_stream& stream = deflation_->stream;
    // zlib writes nothing there, and its older versions have no const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    int status = Z_OK;
    do {
        stream.next_out = reinterpret_cast<Bytef*>(deflation_->packed.data());
        stream.avail_out = static_cast<uInt>(deflation_->packed.size());
        status = ::deflate(&stream, flush);
        core::require(status != Z_STREAM_ERROR, "a stream is packed in order");
        const std::size_t made = deflation_->packed.size() - stream.avail_out;
        if (made > 0) put_(std::span(deflation_->packed).first(made));
    } while (flush == Z_FINISH ? status != Z_STREAM_END : stream.avail_out == 0);
}

void GzipWriter::write(std::span<const std::byte> bytes) {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    while (!bytes.empty()) {
        const std::size_t count = std::min(bytes.size(), most);
        run(bytes.first(count), Z_NO_FLUSH);
        bytes = bytes.subspan(count);
    }
}

void GzipWriter::finish() {
    run({}, Z_FINISH);
}

}  // namespace ensemble::store
