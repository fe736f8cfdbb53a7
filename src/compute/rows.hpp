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
};

}  // namespace ensemble::compute
