#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ensemble::core {

/// "61,234".
[[nodiscard]] std::string grouped(std::uint64_t value);

/// A count as a sentence says it: "no", "eight", "twelve", and from 13 on in digits.
[[nodiscard]] std::string in_words(std::size_t count);

/// "0:42", "12:05", "1:02:03"; "-" if it is not a number.
[[nodiscard]] std::string clock(double seconds);

/// "0.31 s", "42 s", "12 min 5 s", "3 h 20 min".
[[nodiscard]] std::string duration(double seconds);

/// "97.84 %" with `digits` after the point; "-" if it is not a number.
[[nodiscard]] std::string percent(double share, int digits = 2);

/// A number with `digits` after the point; "-" if it is not finite.
[[nodiscard]] std::string number(double value, int digits);

/// Three digits of a count of at least 1 with the prefix of its thousands: "320", "12.3 k", "1.02 M", "4.5 G".
[[nodiscard]] std::string scaled(double count);

/// "512 MiB", "1.4 GiB".
[[nodiscard]] std::string bytes(std::size_t count);

/// "1 member", "8 members".
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view thing);

/// Columns that UTF-8 `text` takes (every character of ours takes one).
[[nodiscard]] std::size_t columns(std::string_view text);

/// `text` cut to at most `width` columns.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t width);

/// `text` with lines of at most `width` columns, broken at spaces where there are any; a broken line goes on at the
/// column at which its second word began if two or more spaces stand before it (as in a list with a heading), else at
/// the first.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width);

/// `text` on the right or on the left of `width` columns.
[[nodiscard]] std::string right(std::string_view text, std::size_t width);
[[nodiscard]] std::string left(std::string_view text, std::size_t width);

/// UTF-8 text in plain ASCII: × as x, → as ->, · as -, lines and bars as - and #.
[[nodiscard]] std::string to_ascii(std::string_view text);

}  // namespace ensemble::core
