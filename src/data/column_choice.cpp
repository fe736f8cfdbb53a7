#include "data/column_choice.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/nearest.hpp"
#include "data/field.hpp"
#include "data/number.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, names.size()); ++i) text += (i > 0 ? ", " : "") + excerpt(names[i]);
    return names.size() > shown ? text + ", …" : text;
}

bool is_all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The place with that number, if there is one.
std::optional<std::size_t> numbered(std::string_view text, std::size_t count) {
    std::size_t number = 0;
    const auto problem = std::from_chars(text.data(), text.data() + text.size(), number).ec;
    if (problem != std::errc{} || number < 1 || number > count) return std::nullopt;
    return number - 1;
}

/// The quoted name that `list` begins with, which is taken off.
std::string take_quoted(std::string_view& list) {
    std::string name;
    std::size_t at = 1;
    for (;; ++at) {
        if (at >= list.size()) fail(Failure::usage, "'{}': a quote is opened and never closed", excerpt(list));
        if (list[at] != '"') {
            name += list[at];
        } else if (at + 1 < list.size() && list[at + 1] == '"') {
            name += list[at++];
        } else {
            break;
        }
    }
    list.remove_prefix(at + 1);
    while (list.starts_with(' ')) list.remove_prefix(1);
    if (!list.empty() && !list.starts_with(',')) {
        fail(Failure::usage, "'{}' follows a closing quote; separate columns by commas", excerpt(list));
    }
    return name;
}

}  // namespace

bool WantedColumn::may_be_number() const {
    return !is_quoted && is_all_digits(text);
}

std::vector<WantedColumn> parse_columns(std::string_view list) {
    std::vector<WantedColumn> columns;
    for (;;) {
        while (list.starts_with(' ')) list.remove_prefix(1);
        if (list.starts_with('"')) {
            columns.push_back({.text = take_quoted(list), .is_quoted = true});
        } else {
            const std::string_view item = list.substr(0, list.find(','));
            list.remove_prefix(item.size());
            columns.push_back({.text = std::string(trimmed(item))});
        }
        if (columns.back().text.empty() && !columns.back().is_quoted) {
            fail(Failure::usage, "a name or number is missing; write such as Id,Name or 1,4");
        }
        if (list.empty()) return columns;
        list.remove_prefix(1);
    }
}

std::vector<WantedColumn> wanted_targets(const std::string& text, const std::vector<std::string>& first) {
    // A name may have commas. Digits between commas are numbers of columns, even where a field reads 1,5.
    const bool may_be_list_of_numbers = text.find_first_not_of("0123456789,") == std::string::npos;
    const bool is_one = text.find_first_of(",\"") == std::string::npos ||
                        (!may_be_list_of_numbers && std::ranges::find(first, text) != first.end());
    if (is_one) return {{.text = text}};
    try {
        return parse_columns(text);
    } catch (const core::Error& error) {
        fail(error.kind(), "--target {}: {}", excerpt(text), error.what());
    }
}

std::size_t find_column(std::string_view option, const WantedColumn& wanted, const ColumnNames& columns) {
    const auto count = std::ranges::count(columns.names, wanted.text);
    if (count > 1) {
        fail(Failure::usage, "{} {}: {} has several columns of that name; give the column's number", option,
             excerpt(wanted.text), columns.file);
    }
    if (count == 1) {
        return static_cast<std::size_t>(std::ranges::find(columns.names, wanted.text) - columns.names.begin());
    }
    if (wanted.may_be_number()) {
        if (const auto place = numbered(wanted.text, columns.count)) return *place;
        fail(Failure::usage, "{} {}: {} has columns 1 to {}; they are counted from 1", option, excerpt(wanted.text),
             columns.file, columns.count);
    }
    const auto is_number = [](const std::string& word) { return parse_number(word).has_value(); };
    const bool named = !std::ranges::all_of(columns.first, is_number);
    const std::vector<std::string_view> names(columns.names.begin(), columns.names.end());
    const std::string_view close = named ? core::nearest(wanted.text, names) : std::string_view{};
    fail(Failure::usage, "{} {}: {} has no column of that name{}; {}", option, excerpt(wanted.text), columns.file,
         close.empty() ? "" : fmt::format(", did you mean '{}'?", excerpt(close)),
         named ? fmt::format("its first line has {}", listed(columns.first))
               : fmt::format("its first line holds numbers, so give the column's number from 1 to {}", columns.count));
}

std::string column_name(const std::vector<std::string>& names, std::size_t column) {
    if (names.empty()) return fmt::format("column {}", column + 1);
    return fmt::format("column {} ('{}')", column + 1, excerpt(names[column]));
}

std::string ignore_option(const std::vector<std::string>& names, std::size_t column) {
    return column_option("--ignore", names, column);
}

std::string column_option(std::string_view option, const std::vector<std::string>& names, std::size_t column) {
    const auto is_plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
               c == '-';
    };
    const bool fits = !names.empty() && !names[column].empty() && names[column].front() != '-' &&
                      std::ranges::all_of(names[column], is_plain) && std::ranges::count(names, names[column]) == 1;
    return fmt::format("{} {}", option, fits ? excerpt(names[column]) : std::to_string(column + 1));
}

}  // namespace ensemble::data
