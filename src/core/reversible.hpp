#pragma once

#include <string>
#include <string_view>

namespace ensemble::core {

/// As printable() has `text`, but so that texts that differ stay different: a backslash that would read as the
/// beginning of a \xNN becomes \x5C. For names that are found again, such as those of classes.
[[nodiscard]] std::string reversible(std::string_view text);

/// The text that reversible() has made `name` of.
[[nodiscard]] std::string original(std::string_view name);

}  // namespace ensemble::core
