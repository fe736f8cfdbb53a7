#pragma once

#include <span>
#include <string_view>

namespace ensemble::core {

/// The name that `text` most likely means: the one the fewest keystrokes away, at most a third of its letters but one
/// in any case, capital or small; else the shortest one that begins with `text`, or with which `text` begins (three
/// letters or more); empty if there is none. For "did you mean".
[[nodiscard]] std::string_view nearest(std::string_view text, std::span<const std::string_view> names);

}  // namespace ensemble::core
