#include "store/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "core/error.hpp"
#include "store/open_file.hpp"
#include "store/temporaries.hpp"

namespace ensemble::store {

int FileSystem::open(const char* path, int flags, mode_t mode) {
    return ::open(path, flags, mode);
}
ssize_t FileSystem::write(int file, const void* bytes, std::size_t count) {
    return ::write(file, bytes, count);
}
int FileSystem::fsync(int file) {
    return ::fsync(file);
}
int FileSystem::ftruncate(int file, off_t length) {
    return ::ftruncate(file, length);
}
int FileSystem::close(int file) {
    return ::close(file);
}
int FileSystem::rename(const char* from, const char* to) {
    return ::rename(from, to);
}
int FileSystem::unlink(const char* path) {
    return ::unlink(path);
}

namespace {

namespace fs = std::filesystem;

constexpr std::string_view temporary_mark = ".tmp-";

fs::path directory_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// The temporary files that this process is writing: one set, as a process has one set of signals, upon which it may
/// have to leave. Whoever leaves keeps the mutex, so that no file is made any more and no failure is told.
struct OwnTemporaries {
    std::timed_mutex mutex;
    std::set<fs::path> paths;
};

OwnTemporaries& own_temporaries() {
    static auto& all = *new OwnTemporaries;  // it is there until the very end
    return all;
}

/// Makes a new file, never what somebody has put under this name: what is there is of a process that had this number
/// before. It may not be open, with errno set; else it is one of own_temporaries().
std::unique_ptr<File> make_temporary(const fs::path& path, FileSystem& system) {
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    const std::lock_guard lock(own_temporaries().mutex);
    auto file = std::make_unique<File>(system, path, flags);
    if (!file->is_open() && errno == EEXIST && system.unlink(path.c_str()) == 0) file->reopen(path, flags);
    const int error = errno;
    if (file->is_open()) own_temporaries().paths.insert(path);
    errno = error;
    return file;
}

/// It has its name, or is gone. Leaves errno as it is.
void forget_temporary(const fs::path& path) {
    const int error = errno;
    const std::lock_guard lock(own_temporaries().mutex);
    own_temporaries().paths.erase(path);
    errno = error;
}

/// Null where all went well, else the operation that failed, with errno set.
const char* write_and_sync(const fs::path& path, std::span<const std::byte> bytes, FileSystem& system) {
    const std::unique_ptr<File> made = make_temporary(path, system);
    File& file = *made;
    if (!file.is_open()) return "open";
    if (!file.write(bytes)) return "write";
    if (!file.sync()) return "fsync";
    if (!file.close()) return "close";
    return nullptr;
}

const char* sync_entries(const fs::path& directory, FileSystem& system) {
    File entries(system, directory, O_RDONLY | O_DIRECTORY);
    if (!entries.is_open()) return "open";
    // Some network file systems have nothing to flush for a directory and say so.
    if (!entries.sync() && errno != EINVAL && errno != ENOTSUP) return "fsync";
    return nullptr;
}

}  // namespace

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes, FileSystem& system) {
    const fs::path directory = directory_of(path);
    const fs::path temporary = directory / fmt::format(".{}{}{}", path.filename().string(), temporary_mark, ::getpid());
    const char* failed = write_and_sync(temporary, bytes, system);
    if (failed == nullptr && uninterrupted([&] { return system.rename(temporary.c_str(), path.c_str()); }) != 0) {
        failed = "rename";
    }
    if (failed != nullptr) {
        const int error = errno;
        system.unlink(temporary.c_str());
        forget_temporary(temporary);
        std::error_code ignored;
        const bool existed = fs::exists(path, ignored);
        core::fail(core::Failure::run, "cannot write '{}': {} failed: {}; {}. Check space, quota and rights of '{}'",
                   path.string(), failed, reason(error),
                   existed ? "what was there before is unchanged" : "nothing was left behind", directory.string());
    }
    forget_temporary(temporary);
    failed = sync_entries(directory, system);
    if (failed != nullptr) {
        core::fail(
            core::Failure::run,
            "cannot make '{}' durable: {} of directory '{}' failed: {}; the file is complete, but may be lost if "
            "the machine stops now",
            path.string(), failed, directory.string(), reason(errno));
    }
}

void write_file_atomically(const fs::path& path, std::span<const std::byte> bytes) {
    FileSystem system;
    write_file_atomically(path, bytes, system);
}

void write_file_atomically(const fs::path& path, std::string_view text) {
    write_file_atomically(path, std::as_bytes(std::span(text)));
}

GrowingFile::GrowingFile(fs::path path, FileSystem& system) : system_(system), path_(std::move(path)) {
    std::error_code ignored;
    const fs::file_status status = fs::status(path_, ignored);
    if (fs::is_directory(status)) {
        core::fail(core::Failure::usage, "'{}' is a directory; give the name of a file", path_.string());
    }
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        file_ = std::make_unique<File>(system_, path_, O_WRONLY);
        if (!file_->is_open()) give_up("open");
        return;
    }
    temporary_ = directory_of(path_) / fmt::format(".{}{}{}", path_.filename().string(), temporary_mark, ::getpid());
    file_ = make_temporary(temporary_, system_);
    if (!file_->is_open()) {
        const int error = errno;
        temporary_.clear();
        errno = error;
        give_up("open");
    }
}

GrowingFile::~GrowingFile() {
    if (temporary_.empty()) return;
    system_.unlink(temporary_.c_str());
    forget_temporary(temporary_);
}

void GrowingFile::give_up(const char* operation) const {
    core::fail(core::Failure::run, "cannot write '{}': {} failed: {}; {}. Check space, quota and rights of '{}'",
               path_.string(), operation, reason(errno),
               fs::exists(path_) ? "what was there before is unchanged" : "nothing is left behind",
               directory_of(path_).string());
}

void GrowingFile::write(std::span<const std::byte> bytes) {
    if (!file_->write(bytes)) give_up("write");
}

void GrowingFile::rewrite_beginning(std::span<const std::byte> bytes) {
    for (off_t at = 0; !bytes.empty();) {
        const ssize_t count = uninterrupted([&] { return ::pwrite(file_->number(), bytes.data(), bytes.size(), at); });
        if (count <= 0) give_up("write");
        at += count;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void GrowingFile::finish() {
    if (temporary_.empty()) {
        if (!file_->close()) give_up("close");
        return;
    }
    if (!file_->sync()) give_up("fsync");
    if (!file_->close()) give_up("close");
    if (uninterrupted([&] { return system_.rename(temporary_.c_str(), path_.c_str()); }) != 0) give_up("rename");
    forget_temporary(temporary_);
    temporary_.clear();
    sync_directory(directory_of(path_), system_);
}

void append_line(const fs::path& path, std::string_view line, FileSystem& system) {
    const std::string text = std::string(line) + '\n';
    const auto give_up = [&path](const char* operation) {
        core::fail(core::Failure::run, "cannot append to '{}': {} failed: {}; its earlier lines are unchanged",
                   path.string(), operation, reason(errno));
    };
    // Others may write to the directory, too: a link would lead to any file of this user, and a pipe would hold him up.
    File file(system, path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK);
    if (!file.is_open()) give_up("open");
    struct stat before {};
    if (::fstat(file.number(), &before) != 0) give_up("fstat");
    if (!S_ISREG(before.st_mode) || before.st_nlink > 1) {
        core::fail(core::Failure::run, "cannot append to '{}': it is not a plain file of one name; remove it",
                   path.string());
    }
    if (!file.write(std::as_bytes(std::span(text)))) {
        const int error = errno;
        const bool restored = system.ftruncate(file.number(), before.st_size) == 0;
        errno = error;
        if (restored) give_up("write");
        core::fail(core::Failure::run, "cannot append to '{}': write failed: {}; its last line may be cut short",
                   path.string(), reason(error));
    }
    if (!file.close()) give_up("close");
}

void sync_directory(const fs::path& directory, FileSystem& system) {
    const char* failed = sync_entries(directory, system);
    if (failed != nullptr) {
        core::fail(core::Failure::run, "cannot make directory '{}' durable: {} failed: {}", directory.string(), failed,
                   reason(errno));
    }
}

void verify_file(const fs::path& path, std::span<const std::byte> bytes) {
    const auto give_up = [&path](const std::string& why) {
        core::fail(core::Failure::run, "'{}' was written, but {}; check the disk", path.string(), why);
    };
    FileSystem system;
    const File file(system, path, O_RDONLY);
    if (!file.is_open()) give_up("cannot be opened: " + reason(errno));
    constexpr std::size_t piece = 256 * 1024;  // stays in a core's own cache
    std::vector<std::byte> buffer(std::min(piece, bytes.size() + 1));
    while (true) {
        const ssize_t count = uninterrupted([&] { return ::read(file.number(), buffer.data(), buffer.size()); });
        if (count < 0) give_up("cannot be read back: " + reason(errno));
        if (count == 0) break;
        const auto size = static_cast<std::size_t>(count);
        if (size > bytes.size() || std::memcmp(buffer.data(), bytes.data(), size) != 0) {
            give_up("reads back differently");
        }
        bytes = bytes.subspan(size);
    }
    if (!bytes.empty()) give_up(fmt::format("its last {} bytes are missing", bytes.size()));
}

void abandon_temporaries() noexcept {
    constexpr std::chrono::seconds longest(2);  // a file system may not answer
    if (!own_temporaries().mutex.try_lock_for(longest)) return;
    for (const fs::path& path : own_temporaries().paths) ::unlink(path.c_str());
}

bool is_temporary(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.starts_with('.') && (name.starts_with(probe_prefix) || name.find(temporary_mark) != std::string::npos);
}

void remove_temporaries(const fs::path& directory) noexcept {
    std::error_code ignored;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(directory, ignored)) {
        if (is_temporary(entry.path())) found.push_back(entry.path());
    }
    for (const fs::path& path : found) fs::remove(path, ignored);
}

std::vector<std::byte> read_file(const fs::path& path) {
    const auto give_up = [&path](const char* operation) {
        core::fail(core::Failure::data, "cannot read '{}': {} failed: {}", path.string(), operation, reason(errno));
    };
    FileSystem system;
    const File file(system, path, O_RDONLY);
    if (!file.is_open()) give_up("open");
    struct stat status {};
    if (::fstat(file.number(), &status) != 0) give_up("fstat");

    constexpr std::size_t least = 4096;
    std::vector<std::byte> bytes(std::max(least, static_cast<std::size_t>(status.st_size) + 1));
    std::size_t size = 0;
    while (true) {
        if (size == bytes.size()) bytes.resize(2 * size);
        const ssize_t count =
            uninterrupted([&] { return ::read(file.number(), bytes.data() + size, bytes.size() - size); });
        if (count < 0) give_up("read");
        if (count == 0) break;
        size += static_cast<std::size_t>(count);
    }
    bytes.resize(size);
    return bytes;
}

}  // namespace ensemble::store
