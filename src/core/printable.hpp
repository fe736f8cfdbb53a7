#pragma once

#include <string>
#include <string_view>

namespace ensemble::core {

/// `text` as it may go to a terminal: what a terminal could take for a command, what turns the direction of writing and
/// what is not UTF-8 becomes \xNN, byte by byte; everything else stays. File names, fields of data and class names
/// can hold anything. What was made printable once is not changed again.
[[nodiscard]] std::string printable(std::string_view text);

/// The same for text of several lines, whose ends stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

}  // namespace ensemble::core
