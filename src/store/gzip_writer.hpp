#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

namespace ensemble::store {

/// Packs bytes as they come into a gzip file (RFC 1952) without a name and a time, so that equal content makes equal
/// files.
class GzipWriter {
public:
    /// `put` gets the packed bytes. Throws std::bad_alloc.
    explicit GzipWriter(std::function<void(std::span<const std::byte>)> put);
    ~GzipWriter();
    GzipWriter(const GzipWriter&) = delete;
    GzipWriter& operator=(const GzipWriter&) = delete;

    void write(std::span<const std::byte> bytes);

    /// Writes the end, with the checksum. REQUIRES: nothing is written afterwards.
    void finish();

private:
    struct Deflation;

    void run(std::span<const std::byte> bytes, int flush);

    std::function<void(std::span<const std::byte>)> put_;
    std::unique_ptr<Deflation> deflation_;
};

}  // namespace ensemble::store
