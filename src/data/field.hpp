#pragma once

#include <string>
#include <string_view>

namespace ensemble::data {

/// `text` without the blanks around it: spaces, tabs, line ends, and the spaces of typographers (no-break, thin,
/// zero-width, …) that tables copied from web pages and documents bring along.
[[nodiscard]] std::string_view trimmed_slowly(std::string_view text) noexcept;

/// The same; most fields have nothing at their ends but what is seen.
[[nodiscard]] inline std::string_view trimmed(std::string_view text) noexcept {
    const auto is_plain = [](char letter) { return static_cast<unsigned char>(letter - 0x21) < 0x7F - 0x21; };
    return text.empty() || (is_plain(text.front()) && is_plain(text.back())) ? text : trimmed_slowly(text);
}

/// True for what R, pandas, SQL, spreadsheets and people write where a value is missing: the one list of them, the same
/// for features and targets.
[[nodiscard]] bool is_gap(std::string_view word) noexcept;

/// At most 100 characters of a field, for messages.
[[nodiscard]] std::string excerpt(std::string_view field);

/// What to do about a word that a person would read as a number or a date, and what is odd about it; else empty.
[[nodiscard]] std::string advice_on_number(std::string_view word);

/// True for a word that is no number as programs write it, but one to a person, or a date: 12%, $5, 1,234.5, 3. 5.
/// 1999. Words that only hold numbers are words: 10-20, <5, 1st.
[[nodiscard]] bool reads_as_number(std::string_view word);

/// What to do about a feature that is no number: as above, also where a value is missing, else what to do
/// with a column of words. `without` is the option that leaves its column out, `as_words` the one that makes it a
/// category.
[[nodiscard]] std::string advice_on(std::string_view word, char separator, std::string_view without,
                                    std::string_view as_words);

}  // namespace ensemble::data
