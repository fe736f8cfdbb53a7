#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>

namespace ensemble::core {

/// Extents of one item, without the batch: {features}, {height, width}, {height, width, channels} or {time, features}.
class Shape {
public:
    static constexpr std::size_t max_rank = 4;

    constexpr Shape() = default;

    /// REQUIRES: at most max_rank extents.
    Shape(std::initializer_list<std::size_t> extents);

    [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
    [[nodiscard]] std::size_t operator[](std::size_t axis) const { return extents_.at(axis); }

    /// Product of the extents; 1 for the empty shape.
    [[nodiscard]] std::size_t elements() const noexcept;

    /// "28×28", "13", "scalar".
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Shape&, const Shape&) = default;

private:
    std::array<std::size_t, max_rank> extents_{};
    std::size_t rank_ = 0;
};

}  // namespace ensemble::core
