#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace ensemble::store {

/// The calls of the operating system that writing needs, as it provides them; a test replaces them to make any one
/// fail. Every function returns and sets errno like the call it is named after.
class FileSystem {
public:
    FileSystem() = default;
    virtual ~FileSystem() = default;
    FileSystem(const FileSystem&) = delete;
    FileSystem& operator=(const FileSystem&) = delete;

    virtual int open(const char* path, int flags, mode_t mode);
    virtual ssize_t write(int file, const void* bytes, std::size_t count);
    virtual int fsync(int file);
    virtual int ftruncate(int file, off_t length);
    virtual int close(int file);
    virtual int rename(const char* from, const char* to);
    virtual int unlink(const char* path);
};

class File;

/// How the names begin of files that only try out whether a directory takes them.
inline constexpr std::string_view probe_prefix = ".probe-";

/// Writes a file so that `path` names either the complete new content or whatever it named before, at any moment and
/// after a power failure: a temporary file beside it, fsync, rename, fsync of the directory.
/// Throws core::Error (run) with path, operation, reason and what survives; nothing temporary stays behind.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes, FileSystem& system);
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// A file that is written piece by piece and has its name only when it is complete and durable, as above. What is no
/// plain file, such as /dev/null or a named pipe, is written to as it stands.
class GrowingFile {
public:
    /// Throws core::Error (run), as write_file_atomically(), here and below.
    GrowingFile(std::filesystem::path path, FileSystem& system);
    ~GrowingFile();
    GrowingFile(const GrowingFile&) = delete;
    GrowingFile& operator=(const GrowingFile&) = delete;

    void write(std::span<const std::byte> bytes);

    /// Replaces bytes at the beginning. REQUIRES: so many were written.
    void rewrite_beginning(std::span<const std::byte> bytes);

    /// Gives the file its name.
    void finish();

private:
    [[noreturn]] void give_up(const char* operation) const;

    FileSystem& system_;
    std::filesystem::path path_;
    std::filesystem::path temporary_;  ///< empty where what is there is written to
    std::unique_ptr<File> file_;
};

/// Adds `line` and a newline at the end of a file, which is made if there is none; one write where the system allows
/// it. If that fails, the file keeps what it had. Throws core::Error (run). One process at a time.
void append_line(const std::filesystem::path& path, std::string_view line, FileSystem& system);

/// Makes the directory's entries durable. Throws core::Error (run).
void sync_directory(const std::filesystem::path& directory, FileSystem& system);

/// Reads a file back and holds it against what was written. Throws core::Error (run) if it is not the same.
void verify_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// Removes what writers that were killed left behind in `directory`: temporary files of write_file_atomically().
/// REQUIRES: nobody writes there.
void remove_temporaries(const std::filesystem::path& directory) noexcept;

/// True for the name of a temporary file.
[[nodiscard]] bool is_temporary(const std::filesystem::path& path);

/// The whole file. Throws core::Error (data) if it cannot be read.
[[nodiscard]] std::vector<std::byte> read_file(const std::filesystem::path& path);

}  // namespace ensemble::store
