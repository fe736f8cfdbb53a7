#include "data/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace ensemble::data {
namespace {

constexpr std::string_view typographic_minus = "\u2212";

/// The number, infinite if it is too large; nothing if `word` spells none.
std::optional<double> parse_any(std::string_view word) {
    if (word.starts_with('+') && !word.starts_with("+-")) word.remove_prefix(1);
    double value = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (problem == std::errc::invalid_argument || end != word.data() + word.size()) return std::nullopt;
    // Too large and too small are one error there.
    if (problem == std::errc::result_out_of_range) value = std::strtod(std::string(word).c_str(), nullptr);
    return value;
}

bool spells_digits(std::string_view word) {
    return word.find_first_of("0123456789") != std::string_view::npos;
}

/// Most words are no numbers for a reason that their first letter shows.
bool may_be_odd(std::string_view word) {
    constexpr std::size_t longest = 400;
    return word.size() <= longest && spells_digits(word) &&
           (word.find(typographic_minus) != std::string_view::npos ||
            word.find_first_of("dD") != std::string_view::npos);
}

/// The usual case, which takes most of the time of reading a table: sets `value` and returns true, or does not.
inline bool parse_plain(std::string_view word, double& value) {
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    return problem == std::errc{} && end == word.data() + word.size() && std::isfinite(value);
}

std::optional<double> parse_other_number(std::string_view word) {
    std::optional<double> value = parse_any(word);
    if (!value && may_be_odd(word)) value = parse_any(plain_spelling(word));
    return value && std::isfinite(*value) ? value : std::nullopt;
}

[[gnu::noinline]] std::optional<double> parse_other_feature(std::string_view word) {
    if (const auto number = parse_other_number(word)) return number;
    constexpr std::array<std::string_view, 3> truths{"True", "TRUE", "true"};
    constexpr std::array<std::string_view, 3> untruths{"False", "FALSE", "false"};
    if (std::ranges::find(truths, word) != truths.end()) return 1.0;
    if (std::ranges::find(untruths, word) != untruths.end()) return 0.0;
    return std::nullopt;
}

}  // namespace

std::optional<double> parse_number(std::string_view word) {
    double value = 0;
    if (parse_plain(word, value)) return value;
    return parse_other_number(word);
}

std::optional<double> parse_feature(std::string_view word) {
    double value = 0;
    return parse_feature(word, value) ? std::optional(value) : std::nullopt;
}

bool parse_feature(std::string_view word, double& value) {
    if (parse_plain(word, value)) return true;
    const auto other = parse_other_feature(word);
    value = other.value_or(0);
    return other.has_value();
}

bool is_too_large(std::string_view word) {
    if (!spells_digits(word)) return false;
    const auto value = parse_any(plain_spelling(word));
    return value && std::isinf(*value);
}

std::string plain_spelling(std::string_view word) {
    std::string text(word);
    for (std::size_t at = text.find(typographic_minus); at != std::string::npos; at = text.find(typographic_minus)) {
        text.replace(at, typographic_minus.size(), "-");
    }
    // An exponent follows digits, so that the d of a word stays.
    const std::size_t mark = text.find_first_of("dDE");
    if (mark != std::string::npos && mark > 0 && mark + 1 < text.size()) text[mark] = 'e';
    return text.starts_with('+') ? text.substr(1) : text;
}

}  // namespace ensemble::data
