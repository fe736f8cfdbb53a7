#pragma once

#include <filesystem>
#include <string>

namespace ensemble::store {

/// The right to write to a run directory, held by one process at a time. The system takes it back when the process ends
/// in whatever way; the file says who holds it, for messages. On network file systems it holds between hosts as far as
/// these keep locks.
class RunLock {
public:
    /// Throws core::Error: usage if another process holds it, naming that one; run if the file cannot be made.
    explicit RunLock(const std::filesystem::path& file);

    /// Removes the file.
    ~RunLock();
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;

    /// False on a file system without locks: then nothing keeps a second writer away.
    [[nodiscard]] bool is_sure() const noexcept { return sure_; }

private:
    std::filesystem::path path_;
    int file_ = -1;
    bool sure_ = true;
};

}  // namespace ensemble::store
