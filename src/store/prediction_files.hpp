#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "store/file.hpp"

namespace ensemble::store {

/// What finished members predict of one evaluation set: predictions/SET/NNNN.npy, float32 [rows × width] each. A file
/// has its name only when it is complete and durable.
class PredictionFiles {
public:
    PredictionFiles(std::filesystem::path directory, std::size_t rows, std::size_t width)
        : directory_(std::move(directory)), rows_(rows), width_(width) {}

    [[nodiscard]] std::filesystem::path path(std::uint32_t member) const;
    [[nodiscard]] std::size_t width() const noexcept { return width_; }

    /// Throws core::Error (run). REQUIRES: predictions [rows × width].
    void write(std::uint32_t member, std::span<const float> predictions) const;

    /// All of a member's; nothing where there is no file of this shape.
    [[nodiscard]] std::optional<std::vector<float>> read(std::uint32_t member) const;

    /// Rows [first, first + count) to `out` [count × width]. Waits a moment for a file that another host has written.
    /// Throws core::Error (data) where there is none, or of another shape.
    void read_rows(std::uint32_t member, std::size_t first, std::size_t count, std::span<float> out) const;

private:
    std::filesystem::path directory_;
    std::size_t rows_;
    std::size_t width_;
};

/// What members predict of rows [first, first + count): [members × count × width]. Throws as read_rows() does.
[[nodiscard]] std::vector<float> read_rows_of(const PredictionFiles& files, std::span<const std::uint32_t> members,
                                              std::size_t first, std::size_t count);

}  // namespace ensemble::store
