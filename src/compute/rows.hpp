#pragma once

#include <cstddef>
#include <span>

namespace ensemble::compute {

/// A batch of rows in memory.
struct Rows {
    float* data = nullptr;
    std::size_t count = 0;
    std::size_t width = 0;
    std::size_t stride = 0;

    [[nodiscard]] std::span<float> operator[](std::size_t row) const { return {data + row * stride, width}; }

    /// Rows [begin, end).
    [[nodiscard]] Rows rows(std::size_t begin, std::size_t end) const {
        return {data + begin * stride, end - begin, width, stride};
    }

    /// Columns [begin, end) of all rows.
    [[nodiscard]] Rows columns(std::size_t begin, std::size_t end) const {
        return {data + begin, count, end - begin, stride};
    }
};

}  // namespace ensemble::compute
