#include "data/field.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "data/number.hpp"

namespace ensemble::data {
namespace {

constexpr std::array<std::string_view, 8> wide_spaces{
    "\u00A0",  // no-break
    "\u2007",  // as wide as a digit
    "\u2009",  // thin
    "\u200B",  // of no width
    "\u202F",  // narrow, no-break
    "\u3000",  // ideographic
    "\uFEFF",  // byte order mark
    "\u2002",  // half as wide as high
};

constexpr std::string_view blanks = " \t\n\r\v\f";

constexpr std::array<std::string_view, 42> gaps{
    "",        "?",       ".",        "-",      "--",    "NA",     "na",     "N/A",    "n/a",     "N.A.",    "n.a.",
    "#N/A",    "#NA",     "#N/A N/A", "<NA>",   "NaN",   "nan",    "NAN",    "Nan",    "-nan",    "-NaN",    "1.#QNAN",
    "-1.#IND", "1.#IND",  "NULL",     "null",   "Null",  "None",   "NaT",    "\\N",    "#DIV/0!", "#ERROR!", "#SPILL!",
    "#CALC!",  "#VALUE!", "#REF!",    "#NAME?", "#NUM!", "#NULL!", "\u2013", "\u2014", "\u2212",
};

constexpr std::array<std::string_view, 6> currencies{"$", "\u20AC", "\u00A3", "\u00A5", "\u20B9", "\u00A2"};
constexpr std::array<std::string_view, 10> dashes{"\u2010", "\u2011", "\u2012", "\u2013", "\u2014",
                                                  "\u2015", "\u2212", "\uFE63", "\uFF0D", "\u00AD"};
constexpr std::array<std::string_view, 7> comparisons{"<", ">", "~", "\u2264", "\u2265", "\u2248", "\u00B1"};
constexpr std::array<std::string_view, 8> answers{"yes", "no", "y", "n", "on", "off", "t", "f"};

constexpr std::string_view date_advice = "it looks like a date or time; write it as a number, such as days or seconds";

template <std::size_t N>
bool contains_any(std::string_view word, const std::array<std::string_view, N>& parts) {
    return std::ranges::any_of(parts, [&](std::string_view part) { return word.find(part) != std::string_view::npos; });
}

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

std::string lower(std::string_view word) {
    std::string text(word);
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return text;
}

/// `word` with every part of `what` taken out.
template <std::size_t N>
std::string without_parts(std::string_view word, const std::array<std::string_view, N>& what) {
    std::string text(word);
    for (const std::string_view part : what) {
        for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part)) {
            text.erase(at, part.size());
        }
    }
    return text;
}

bool is_number(std::string_view word) {
    return parse_number(word).has_value();
}

bool is_infinite(std::string_view word) {
    const std::string text = lower(word);
    const std::string_view rest = std::string_view(text).substr(text.starts_with('-') || text.starts_with('+') ? 1 : 0);
    return rest == "inf" || rest == "infinity" || rest == "1.#inf" || rest == "\u221E";
}

/// Digits in at least two groups between `-`, `/`, `.` or `:`, with nothing else than what dates and times have.
bool is_date(std::string_view word) {
    if (word.empty() || !is_digit(word.front())) return false;
    const bool plain = std::ranges::all_of(
        word, [](char c) { return is_digit(c) || std::string_view("-/.:TZ +").find(c) != std::string_view::npos; });
    const auto marks = [&](char mark) { return std::ranges::count(word, mark); };
    return plain && (marks('-') == 2 || marks('/') == 2 || marks(':') > 0 || (marks('.') == 2 && word.size() <= 10));
}

/// 1,234 or 1.234.567,8: `mark` between groups of three digits.
bool has_groups(std::string_view word, char mark) {
    std::size_t begin = word.find(mark);
    for (; begin != std::string_view::npos; begin = word.find(mark, begin + 1)) {
        const std::string_view group = word.substr(begin + 1, 3);
        if (group.size() < 3 || !std::ranges::all_of(group, is_digit)) return false;
        if (begin + 4 < word.size() && is_digit(word[begin + 4])) return false;
    }
    return true;
}

/// What follows a number that `word` begins with, and might be its unit.
std::string_view unit_of(std::string_view word) {
    std::size_t end = word.find_last_of("0123456789");
    if (end == std::string_view::npos || !is_number(word.substr(0, end + 1))) return {};
    const std::string_view rest = trimmed(word.substr(end + 1));
    return rest.size() <= 5 ? rest : std::string_view{};
}

/// For 1/2 and 5-6.
std::string two_numbers(std::string_view word) {
    const std::size_t mark = word.find_first_of("/-", 1);
    if (mark >= word.size() || !is_number(trimmed(word.substr(0, mark))) ||
        !is_number(trimmed(word.substr(mark + 1)))) {
        return {};
    }
    return word[mark] == '/' ? "it is a fraction; write its value" : "it is a range; write one number";
}

/// What stands before a number, with a blank between.
std::string_view prefix_of(std::string_view word) {
    const std::size_t blank = word.find(' ');
    return blank <= 5 && is_number(trimmed(word.substr(blank))) ? word.substr(0, blank) : std::string_view{};
}

std::string advice_on_commas(std::string_view word) {
    const auto commas = std::ranges::count(word, ',');
    const bool has_point = word.find('.') != std::string_view::npos;
    if (commas == 1 && !has_point && has_groups(word, ',')) {
        return "its comma can be a decimal point or a thousands separator; write the point as '.' and leave out the "
               "separator";
    }
    if (commas == 1 && !(has_point && word.find(',') < word.find('.'))) return "write the decimal point as '.'";
    return "it has thousands separators; write numbers without";
}

std::string odd_spelling(std::string_view word) {
    const std::string text = lower(word);
    if (text.starts_with("0x") || text.starts_with("-0x")) return "it is hexadecimal; write it in decimal";
    if (word.size() > 2 && word.front() == '(' && word.back() == ')' && is_number(word.substr(1, word.size() - 2))) {
        return fmt::format("a number in brackets is a negative one in bookkeeping; write -{}",
                           excerpt(word.substr(1, word.size() - 2)));
    }
    if (!std::ranges::any_of(word, is_digit)) return {};
    if (word.find('%') != std::string_view::npos) return "it has a per cent sign; write the column without it";
    if (contains_any(word, currencies)) return "it has a currency sign; write the column without it";
    if (contains_any(word, comparisons)) return "it is a bound or an estimate, not a value; write one number";
    if (contains_any(word, dashes)) return "it has a minus sign or dash that is not '-'; write '-'";
    return {};
}

}  // namespace

std::string_view trimmed_slowly(std::string_view text) noexcept {
    for (bool again = true; again && !text.empty();) {
        again = false;
        if (blanks.find(text.front()) != std::string_view::npos) {
            text.remove_prefix(1);
            again = true;
        } else if (blanks.find(text.back()) != std::string_view::npos) {
            text.remove_suffix(1);
            again = true;
        }
        for (const std::string_view space : wide_spaces) {
            if (text.starts_with(space)) {
                text.remove_prefix(space.size());
                again = true;
            } else if (text.ends_with(space)) {
                text.remove_suffix(space.size());
                again = true;
            }
        }
    }
    return text;
}

bool is_gap(std::string_view word) noexcept {
    return word.size() <= 8 && std::ranges::find(gaps, word) != gaps.end();
}

std::string excerpt(std::string_view field) {
    constexpr std::size_t most_characters = 100;
    std::size_t characters = 0;
    for (std::size_t i = 0; i < field.size(); ++i) {
        const bool continues = (static_cast<unsigned char>(field[i]) & 0xC0U) == 0x80U;
        // Bytes that only continue are no characters, unless they are so many that they cannot be UTF-8.
        if ((!continues || i >= 4 * most_characters) && ++characters > most_characters) {
            return std::string(field.substr(0, i)) + "…";
        }
    }
    return std::string(field);
}

std::string advice_on_number(std::string_view word) {
    if (is_infinite(word)) return "it is infinite; write a finite number or remove the row";
    if (is_too_large(word)) return "it is too large, above 1.8e308; choose another unit";
    if (const std::string odd = odd_spelling(word); !odd.empty()) return odd;
    const std::string plain = without_parts(word, wide_spaces);
    constexpr std::array<std::string_view, 3> marks{" ", "'", "_"};
    if (is_number(without_parts(plain, marks))) {
        return "it has blanks or other separators between its digits; write numbers without";
    }
    constexpr std::array<std::string_view, 2> points{",", "."};
    const bool is_digits = is_number(without_parts(without_parts(plain, marks), points));
    if (is_digits && word.find(',') != std::string_view::npos) return advice_on_commas(word);
    if (is_digits && has_groups(word, '.')) return "it has thousands separators; write numbers without";
    if (is_date(word)) return std::string(date_advice);
    if (const std::string pair = two_numbers(word); !pair.empty()) return pair;
    if (const std::string_view unit = unit_of(word); !unit.empty()) {
        return fmt::format("it has '{}' behind the number; write the column without it", unit);
    }
    if (const std::string_view prefix = prefix_of(word); !prefix.empty()) {
        return fmt::format("it has '{}' before the number; write the column without it", prefix);
    }
    return {};
}

bool reads_as_number(std::string_view word) {
    if (is_infinite(word) || is_too_large(word) || is_date(word)) return true;
    if (word.size() > 2 && word.front() == '(' && word.back() == ')' && is_number(word.substr(1, word.size() - 2)))
        return true;
    constexpr std::array<std::string_view, 4> marks{"%", " ", "'", ","};
    constexpr std::array<std::string_view, 1> points{"."};
    const std::string bare = without_parts(without_parts(without_parts(word, currencies), wide_spaces), marks);
    return is_number(bare) || is_number(without_parts(bare, points));
}

std::string advice_on(std::string_view word, char separator, std::string_view without, std::string_view as_words) {
    if (is_gap(word)) return "a value is missing: fill it in or remove the row";
    const std::size_t colon = word.find(':');
    if (separator == ' ' && colon != std::string_view::npos && is_number(word.substr(0, colon)) &&
        is_number(word.substr(colon + 1))) {
        return "it looks like index:value, as LIBSVM has them; write all values of a row, without indices";
    }
    std::string advice = advice_on_number(word);
    if (advice == date_advice) return fmt::format("{}, or leave its column out with {}", advice, without);
    if (!advice.empty()) return fmt::format("{}; or take the column as a category with {}", advice, as_words);
    if (std::ranges::find(answers, lower(word)) != answers.end()) {
        return fmt::format(
            "write 1 and 0 for two answers, take the column as a category with {}, or leave it out with {}", as_words,
            without);
    }
    return fmt::format(
        "put it right, leave the field empty if its value is missing, take the column as a category with {}, or leave "
        "it out with {}",
        as_words, without);
}

}  // namespace ensemble::data
