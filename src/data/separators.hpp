#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ensemble::data {

/// The first records of `text`, without their line ends and without blank lines; those that begin with # only if asked
/// for.
[[nodiscard]] std::vector<std::string_view> first_records(std::string_view text, std::size_t most, bool with_marked);

/// What separates the fields of a text table: the first of tab, semicolon, comma and | that stands equally often in all
/// of the first lines, or of all but a title above them, else the most frequent one of the first line, else a space for
/// white space.
[[nodiscard]] char detect_separator(std::string_view text);

/// What separates the fields of `text` if that is known and `declared` does not stand equally often in its first lines,
/// else '\0'.
[[nodiscard]] char contradicting_separator(std::string_view text, char declared);

/// "commas", for messages.
[[nodiscard]] std::string_view name_of_separator(char separator) noexcept;

/// The separator that a first line such as "sep=;" names, as spreadsheets write it, else '\0'.
[[nodiscard]] char declared_separator(std::string_view text);

}  // namespace ensemble::data
