#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "data/archive.hpp"

namespace ensemble::data {

/// How much text is taken, in bytes.
struct TextLimits {
    std::uint64_t most = 0;                         ///< 0: whatever memory allows beside what is made of the text
    std::uint64_t line = std::uint64_t{64} << 20U;  ///< of one line: some millions of numbers
    std::uint64_t much = std::uint64_t{256}
                         << 20U;  ///< from here on it is suspicious if it was packed to hardly anything
};

/// The content of a file from its beginning to its end, decompressed on the way if it begins as gzip files do, whatever
/// it is called. Every failure is a core::Error (data) that names the file.
class FileBytes {
public:
    explicit FileBytes(std::filesystem::path path);

    /// The content of one entry of a zip archive, for which path() is a name.
    FileBytes(const std::filesystem::path& archive, const ArchiveEntry& entry);

    /// What can be read only once, as it comes: a file, a named pipe, or standard input, which is called "-".
    [[nodiscard]] static FileBytes stream(const std::filesystem::path& path);

    ~FileBytes();
    FileBytes(FileBytes&&) noexcept;
    FileBytes& operator=(FileBytes&&) noexcept;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// No file of this size on disk can hold more content than this many bytes; of a pipe, nothing is known.
    [[nodiscard]] std::uint64_t most_bytes() const noexcept;

    /// True if the content is not what is on disk, so that its length is known at its end only.
    [[nodiscard]] bool is_compressed() const noexcept;

    /// True if the length of the content is that of the file, most_bytes().
    [[nodiscard]] bool has_size() const noexcept;

    /// Fills `out` as far as the content reaches; returns the bytes written, less than out.size() only at the end.
    /// A compressed file's checksums and lengths are verified before the end is reported.
    [[nodiscard]] std::size_t read(std::span<std::byte> out);

    /// Fills `out` as far as content is there, and waits only where none is; returns the bytes written, 0 only at the
    /// end. REQUIRES: `out` has room.
    [[nodiscard]] std::size_t read_some(std::span<std::byte> out);

    /// False where read_some() would wait for who writes to a pipe.
    [[nodiscard]] bool has_more() const noexcept;

    /// What is left of the content, as text. REQUIRES: no entry of an archive. Where it would take more than
    /// limits.most, nothing of it is kept: fails with its size. Fails early where it is no table: at a line that is too
    /// long, or where much is hardly anything when packed.
    [[nodiscard]] std::string read_text(const TextLimits& limits = {});

private:
    struct Stream;

    FileBytes(std::uint64_t size, std::unique_ptr<Stream> stream);
    void refuse_bomb(std::uint64_t seen, std::uint64_t line, const TextLimits& limits) const;
    /// Of the whole content, which is read once more for it; some number above `most` where it is more than that.
    [[nodiscard]] std::uint64_t count_bytes(std::uint64_t most) const;

    [[noreturn]] void refuse_size(std::uint64_t read, std::uint64_t most);

    std::filesystem::path path_;
    std::uint64_t file_size_ = 0;
    std::unique_ptr<Stream> stream_;
};

/// Throws core::Error (data) where memory cannot take `bytes` of `file`.
void require_memory(const std::filesystem::path& file, std::uint64_t bytes);

}  // namespace ensemble::data
