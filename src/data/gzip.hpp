#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "data/raw_file.hpp"

namespace ensemble::data {

/// A deflate stream yields at most 258 bytes for every two bits.
inline constexpr std::uint64_t most_deflate_ratio = 1032;

/// The content of a gzip file (RFC 1952) of one or more members, with or without zeros behind the last one, as
/// `gzip -dc` gives it. Checksum and length of every member are verified. Failures are core::Error (data).
class GzipReader {
public:
    /// `file` stands at its beginning, and outlives the object.
    explicit GzipReader(RawFile& file);
    ~GzipReader();
    GzipReader(const GzipReader&) = delete;
    GzipReader& operator=(const GzipReader&) = delete;

    /// Fills `out` as far as the content reaches; returns the bytes written, less than out.size() only at the end.
    [[nodiscard]] std::size_t read(std::span<std::byte> out);

private:
    struct Inflation;

    [[nodiscard]] bool refill();
    [[nodiscard]] bool begin_member();
    [[noreturn]] void refuse(const char* what) const;

    RawFile* file_;
    std::unique_ptr<Inflation> inflation_;
    std::uint64_t delivered_ = 0;
    bool in_member_ = false;
    bool is_first_ = true;
    bool ended_ = false;
};

}  // namespace ensemble::data
