#pragma once

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>
#include <vector>

#include "store/file.hpp"

/// The real file system, except that one call can be made to fail and that writes can be made short.
class FailingFileSystem : public ensemble::store::FileSystem {
public:
    static constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

    std::size_t fail_at = never;  ///< which call fails, counted from 0; unlink and close count, ftruncate too
    int error = EIO;
    std::size_t longest_write = never;
    std::vector<std::string> calls;  ///< their names so far

    int open(const char* path, int flags, mode_t mode) override {
        return fails("open") ? -1 : FileSystem::open(path, flags, mode);
    }
    ssize_t write(int file, const void* bytes, std::size_t count) override {
        return fails("write") ? -1 : FileSystem::write(file, bytes, std::min(count, longest_write));
    }
    int fsync(int file) override { return fails("fsync") ? -1 : FileSystem::fsync(file); }
    int ftruncate(int file, off_t length) override {
        return fails("ftruncate") ? -1 : FileSystem::ftruncate(file, length);
    }
    int close(int file) override {
        const bool failed = fails("close");
        const int result = FileSystem::close(file);  // as Linux does, whatever close() then says
        if (failed) errno = error;
        return failed ? -1 : result;
    }
    int rename(const char* from, const char* to) override {
        return fails("rename") ? -1 : FileSystem::rename(from, to);
    }
    int unlink(const char* path) override { return fails("unlink") ? -1 : FileSystem::unlink(path); }

private:
    bool fails(const char* name) {
        calls.emplace_back(name);
        if (calls.size() - 1 != fail_at) return false;
        errno = error;
        return true;
    }
};
