#include "data/image_axes.hpp"

#include <algorithm>

#include <fmt/ranges.h>

#include "core/contract.hpp"

namespace ensemble::data {
namespace {

using Extents = std::span<const std::uint64_t>;

constexpr std::uint64_t most_channels = 4;  // of a picture: grey, with transparency, colour, colour with transparency

/// The two longer axes of a picture are not too different.
bool looks_like_picture(std::uint64_t height, std::uint64_t width) {
    constexpr std::uint64_t most_ratio = 4;
    return std::min(height, width) > most_channels && std::max(height, width) <= most_ratio * std::min(height, width);
}

void look_at_image(ItemAxes& axes, Extents e, const std::string& named) {
    const std::uint64_t first = e[1];
    const std::uint64_t last = e[3];
    axes.channels_first = first <= most_channels && last > most_channels && looks_like_picture(e[2], last);
    if (axes.channels_first) {
        axes.shape = {e[2], last, first};
        axes.notes.push_back(fmt::format(
            "{}: its second axis, {}, is taken for the channels and moved to the end, as numpy.moveaxis(x, 1, -1) does",
            named, first));
        return;
    }
    const bool both = first > 1 && first <= most_channels && last <= most_channels;
    const bool unlikely = last > most_channels && first < last && (first <= most_channels || e[2] == last);
    if (both || unlikely) {
        axes.notes.push_back(
            fmt::format("{}: its last axis, {}, is taken for the channels; where the channels come "
                        "first, write numpy.moveaxis(x, 1, -1)",
                        named, last));
    }
}

}  // namespace

ItemAxes item_axes(Extents extents, const std::string& name) {
    core::require(extents.size() >= 2 && extents.size() <= 4, "items have one to three axes");
    const std::string named = fmt::format("{} has shape ({})", name, fmt::join(extents, ", "));
    ItemAxes axes;
    const std::uint64_t last = extents.back();
    if (extents.size() == 2) {
        axes.shape = {last};
    } else if (extents.size() == 3) {
        constexpr std::uint64_t much = 8;
        axes.shape = {extents[1], last};
        if (extents[1] <= most_channels && last >= much * extents[1]) {
            axes.notes.push_back(
                fmt::format("{}: each row is {} step{} of {} features; where it is {} steps of {}, write "
                            "numpy.moveaxis(x, 1, -1)",
                            named, extents[1], extents[1] == 1 ? "" : "s", last, last, extents[1]));
        }
    } else {
        axes.shape = {extents[1], extents[2], last};
        look_at_image(axes, extents, named);
    }
    return axes;
}

float byte_scale(double largest) noexcept {
    constexpr double half_of_bytes = 128;
    return largest >= half_of_bytes || largest == 0 ? 1.0F / 255.0F : static_cast<float>(1.0 / largest);
}

std::string scale_note(const std::string& name, double low, double high) {
    if (byte_scale(high) == byte_scale(0)) return "";
    return fmt::format("{} holds images of bytes from {} to {}, which a network sees as {:.3g} to 1", name, low, high,
                       low / high);
}

}  // namespace ensemble::data
