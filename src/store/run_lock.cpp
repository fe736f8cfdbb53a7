#include "store/run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <ctime>

#include <fmt/chrono.h>

#include "core/error.hpp"
#include "store/open_file.hpp"

namespace ensemble::store {
namespace {

constexpr mode_t permissions = 0666;  // the user's umask decides

std::string holder_line() {
    std::array<char, HOST_NAME_MAX + 1> host{};
    static_cast<void>(::gethostname(host.data(), host.size() - 1));
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("process {} on {} since {:%Y-%m-%dT%H:%M:%SZ}\n", ::getpid(), host.data(), fmt::gmtime(now));
}

/// What the holder has written, on one line.
std::string holder_of(int file) {
    std::array<char, 512> text{};
    const ssize_t size = ::pread(file, text.data(), text.size(), 0);
    std::string line(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    line = line.substr(0, line.find('\n'));
    return line.empty() ? "another process" : line;
}

/// A holder that leaves removes the file: what was opened before then has no name any more.
bool is_still_named(int file, const std::filesystem::path& path) {
    struct stat opened {};
    struct stat named {};
    return ::fstat(file, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& file) : path_(file) {
    constexpr int tries = 100;
    for (int attempt = 0; attempt < tries; ++attempt) {
        file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, permissions);
        if (file_ < 0) {
            core::fail(core::Failure::run, "cannot make '{}': {}", path_.string(), reason(errno));
        }
        // It is written to, so it must not be another name of some other file.
        struct stat opened {};
        if (::fstat(file_, &opened) != 0 || !S_ISREG(opened.st_mode) || opened.st_nlink > 1) {
            ::close(file_);
            core::fail(core::Failure::run, "'{}' is not a plain file of one name; remove it", path_.string());
        }
        int result = ::flock(file_, LOCK_EX | LOCK_NB);
        while (result != 0 && errno == EINTR) result = ::flock(file_, LOCK_EX | LOCK_NB);
        if (result != 0 && errno == EWOULDBLOCK) {
            const std::string holder = holder_of(file_);
            ::close(file_);
            core::fail(core::Failure::usage,
                       "'{}' is in use: {} writes to it; wait until that one has ended, or choose another directory "
                       "with --out",
                       path_.parent_path().string(), holder);
        }
        sure_ = result == 0;
        if (is_still_named(file_, path_)) break;
        ::close(file_);
        file_ = -1;
    }
    if (file_ < 0) core::fail(core::Failure::run, "'{}' is removed as often as it is made", path_.string());
    const std::string line = holder_line();
    // Only for messages: a full disk does not make the lock worse.
    if (::ftruncate(file_, 0) == 0) static_cast<void>(::pwrite(file_, line.data(), line.size(), 0) < 0);
}

RunLock::~RunLock() {
    ::unlink(path_.c_str());
    ::close(file_);
}

}  // namespace ensemble::store
