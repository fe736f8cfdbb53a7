#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ensemble::data {

/// The finite number that the whole of `word` spells; nothing if it spells none. The minus sign may be that of
/// typographers (U+2212), and the exponent may begin with D, as Fortran writes it.
[[nodiscard]] std::optional<double> parse_number(std::string_view word);

/// The number as a feature: as above, and True, TRUE or true are 1, False, FALSE or false 0.
[[nodiscard]] std::optional<double> parse_feature(std::string_view word);

/// The same for who reads a great many: sets `value` and returns true, or false where there is no number. An optional
/// costs a third more, as its two parts are stored one by one and read back as one.
[[nodiscard]] bool parse_feature(std::string_view word, double& value);

/// True if `word` spells a number beyond what double precision holds.
[[nodiscard]] bool is_too_large(std::string_view word);

/// `word` with '-' for a typographic minus and 'e' before the exponent, without a leading '+'.
[[nodiscard]] std::string plain_spelling(std::string_view word);

}  // namespace ensemble::data
