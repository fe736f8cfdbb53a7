#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/names.hpp"

namespace ensemble::config {

/// Numbers from `low` to `high`; an open end excludes its bound.
struct Range {
    double low = 0;
    double high = 0;
    bool low_open = false;
    bool high_open = false;
};

/// A whole number of `low` to `high`. Throws core::Error (usage) saying what was expected.
[[nodiscard]] std::uint64_t parse_count(std::string_view text, std::uint64_t low, std::uint64_t high);

/// A number in `range`; `example` is a sensible one for the message.
[[nodiscard]] double parse_number(std::string_view text, const Range& range, std::string_view example);

/// Index of `text` among `names`.
[[nodiscard]] std::size_t parse_choice(std::string_view text, std::span<const std::string_view> names);

/// The value that is written like `text`.
template <class Enum>
[[nodiscard]] Enum parse_name(std::string_view text) {
    return core::value_at<Enum>(parse_choice(text, core::names_of<Enum>()));
}

/// Seconds of a time above zero: "90s", "500ms", "1.5h", "30min", "2d" or "1:30:00". Throws core::Error (usage).
[[nodiscard]] double parse_duration(std::string_view text);

[[nodiscard]] bool parse_toggle(std::string_view text);

}  // namespace ensemble::config
