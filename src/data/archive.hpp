#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace ensemble::data {

/// A file in a zip archive.
struct ArchiveEntry {
    std::string name;
    std::uint64_t index = 0;
    std::uint64_t bytes = 0;  ///< of its content, as the archive declares it; no more than its packed bytes can hold
};

/// What a zip archive holds (APPNOTE.TXT of PKWARE, zip64 included), in its order. Throws core::Error (data) for what
/// is no archive, and for entries that are encrypted, packed otherwise than by deflate, or declare what cannot be.
[[nodiscard]] std::vector<ArchiveEntry> archive_entries(const std::filesystem::path& path);

/// Reads one entry from its beginning to its end. Its checksum is verified where it ends. Failures are core::Error
/// (data) that name archive and entry.
class ArchiveReader {
public:
    ArchiveReader(const std::filesystem::path& path, const ArchiveEntry& entry);
    ~ArchiveReader();
    ArchiveReader(const ArchiveReader&) = delete;
    ArchiveReader& operator=(const ArchiveReader&) = delete;

    /// Fills `out` as far as the content reaches; returns the bytes written, less than out.size() only at the end.
    [[nodiscard]] std::size_t read(std::span<std::byte> out);

private:
    struct Open;
    std::unique_ptr<Open> open_;
};

/// "data.npz, x.npy": how messages call an entry.
[[nodiscard]] std::string entry_name(const std::filesystem::path& path, const std::string& entry);

}  // namespace ensemble::data
