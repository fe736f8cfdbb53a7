#pragma once

#include <fcntl.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "store/file.hpp"

// What the files of src/store that write have in common: calls of the operating system that are repeated or closed.
namespace ensemble::store {

/// What the operating system says of an errno.
[[nodiscard]] inline std::string reason(int error) {
    return std::generic_category().message(error);
}

/// Repeats a call that a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) result = call();
    return result;
}

/// An open file; closes it silently unless close() was called. Functions that fail leave errno as the call set it.
class File {
public:
    /// `flags` as for open(2); look at is_open().
    File(FileSystem& system, const std::filesystem::path& path, int flags) : system_(system), number_(-1) {
        reopen(path, flags);
    }
    ~File() {
        if (is_open()) system_.close(number_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    /// REQUIRES: !is_open().
    void reopen(const std::filesystem::path& path, int flags) {
        constexpr mode_t permissions = 0666;  // the user's umask decides
        number_ = uninterrupted([&] { return system_.open(path.c_str(), flags | O_CLOEXEC, permissions); });
    }

    [[nodiscard]] bool is_open() const noexcept { return number_ >= 0; }
    [[nodiscard]] int number() const noexcept { return number_; }

    /// However many calls it takes. False with errno set if one fails.
    bool write(std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const ssize_t count = uninterrupted([&] { return system_.write(number_, bytes.data(), bytes.size()); });
            if (count == 0) errno = ENOSPC;
            if (count <= 0) return false;
            bytes = bytes.subspan(static_cast<std::size_t>(count));
        }
        return true;
    }

    bool sync() {
        return uninterrupted([&] { return system_.fsync(number_); }) == 0;
    }

    /// After EINTR Linux has closed the file all the same.
    bool close() {
        const int file = std::exchange(number_, -1);
        return system_.close(file) == 0 || errno == EINTR;
    }

private:
    FileSystem& system_;
    int number_;
};

}  // namespace ensemble::store
