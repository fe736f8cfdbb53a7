#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

namespace ensemble::data {

/// The bytes of a file, a pipe or standard input, from the beginning to the end, as they come. Failures are core::Error
/// (data) that names the file.
class RawFile {
public:
    explicit RawFile(std::filesystem::path path);

    /// What stands at this process' standard input. One object at a time.
    [[nodiscard]] static RawFile standard_input();

    ~RawFile();
    RawFile(RawFile&&) noexcept;
    RawFile& operator=(RawFile&&) = delete;

    /// How messages call it.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// The first bytes, at least two where there are, at most sixteen, which read() still returns. REQUIRES: before
    /// read().
    [[nodiscard]] std::string_view begin();

    /// Fills some of `out`, as far as bytes are there; waits for one where there is none. Returns how many, 0 only at
    /// the end. REQUIRES: `out` has room.
    [[nodiscard]] std::size_t read(std::span<std::byte> out);

    /// False where read() would wait: a pipe that nobody has written to since.
    [[nodiscard]] bool has_more() const noexcept;

private:
    static constexpr std::size_t most_begin = 16;

    RawFile(std::filesystem::path path, int file, bool is_owner)
        : path_(std::move(path)), file_(file), is_owner_(is_owner) {}
    [[nodiscard]] std::size_t read_file(std::span<std::byte> out);

    std::filesystem::path path_;
    int file_;
    bool is_owner_;
    std::array<std::byte, most_begin> begin_{};
    std::size_t begin_size_ = 0;
    std::size_t begin_read_ = 0;
};

}  // namespace ensemble::data
