#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace data {

/// The content of a file from its beginning to its end, decompressed on the way if its name ends in .gz.
/// Every failure is a core::Error (data) that names the file.
class FileBytes {
public:
    explicit FileBytes(std::filesystem::path path);
    ~FileBytes();
    FileBytes(FileBytes&&) noexcept;
    FileBytes& operator=(FileBytes&&) noexcept;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// No file of this size on disk can hold more content than this many bytes.
    [[nodiscard]] std::uint64_t most_bytes() const noexcept;

    /// Fills `out` as far as the content reaches; returns the bytes written, less than out.size() only at the end.
    /// A compressed file's checksum and length are verified before the end is reported.
    [[nodiscard]] std::size_t read(std::span<std::byte> out);

private:
    struct Stream;
    std::filesystem::path path_;
    std::uint64_t file_size_ = 0;
    std::unique_ptr<Stream> stream_;
};

}  // namespace data
