#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/file.hpp"

namespace ensemble::store {

class File;

/// The event file of one directory of TensorBoard's: records that are appended as they come, readable at any moment.
/// Who goes on with one that others began makes a new file, events.out.tfevents.0002, that begins with the records of
/// the old one that still count, and removes that: so no reader meets a step twice, a viewer that is open sees that
/// there is something new, and a writer that was thought dead writes to a file without a name. Not durable, but for
/// records that were taken over. One thread at a time.
class EventFile {
public:
    /// Reads what is there; changes nothing. `system` must outlive this.
    EventFile(std::filesystem::path directory, FileSystem& system);
    ~EventFile();
    EventFile(const EventFile&) = delete;
    EventFile& operator=(const EventFile&) = delete;

    /// The whole records of the newest file that was there.
    [[nodiscard]] const std::vector<std::string>& found() const noexcept { return found_; }

    /// Begins a new file with these records, and makes the directory where there is none; other files go.
    /// Throws core::Error (run). REQUIRES: !has_begun().
    void begin(std::span<const std::string> records);
    [[nodiscard]] bool has_begun() const noexcept { return file_ != nullptr; }

    /// Adds a record. If that fails, the file keeps what it had. Throws core::Error (run). REQUIRES: has_begun().
    void append(std::string_view record);

private:
    std::filesystem::path directory_;
    FileSystem& system_;
    std::vector<std::filesystem::path> old_;  ///< files, oldest first
    std::vector<std::string> found_;
    std::uint32_t number_ = 0;  ///< of the newest file
    std::filesystem::path path_;
    std::unique_ptr<File> file_;
    std::int64_t size_ = 0;
};

}  // namespace ensemble::store
