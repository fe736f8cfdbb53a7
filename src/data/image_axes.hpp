#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/shape.hpp"

namespace ensemble::data {

/// How the axes of an item are understood: height × width × channels, with the channels first in the file if their
/// number and the other two extents look like it (PyTorch's order), or T × F.
struct ItemAxes {
    core::Shape shape;  ///< channels last
    bool channels_first = false;
    std::vector<std::string> notes;  ///< whole sentences on what was decided, or could be meant instead
};

/// `extents` of rows of items, 2 to 4; `name` is how notes call the file.
[[nodiscard]] ItemAxes item_axes(std::span<const std::uint64_t> extents, const std::string& name);

/// Of bytes of images: 1/255, or 1 through the largest value where that is below 128, so that 0/1 and 0…16 are seen as
/// 0 to 1 as well.
[[nodiscard]] float byte_scale(double largest) noexcept;

/// What there is to say about the scale of images of bytes; empty if nothing is unusual. `low` and `high` are of the
/// training rows.
[[nodiscard]] std::string scale_note(const std::string& name, double low, double high);

}  // namespace ensemble::data
