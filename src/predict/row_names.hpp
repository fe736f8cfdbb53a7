#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ensemble::predict {

/// A number that names each row by its content, so that what is drawn for a row is the same wherever it stands: FNV-1a
/// (Fowler, Noll, Vo) over its bits. `values` [rows × numbers of a row].
[[nodiscard]] inline std::vector<std::uint32_t> row_names(std::span<const float> values, std::size_t rows) {
    constexpr std::uint32_t basis = 2166136261U;
    constexpr std::uint32_t prime = 16777619U;
    std::vector<std::uint32_t> names;
    const std::size_t width = values.size() / rows;
    for (std::size_t row = 0; row < rows; ++row) {
        std::uint32_t name = basis;
        for (const std::byte byte : std::as_bytes(values.subspan(row * width, width)))
            name = (name ^ std::to_integer<std::uint32_t>(byte)) * prime;
        names.push_back(name);
    }
    return names;
}

}  // namespace ensemble::predict
