#include "data/same_columns.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/field.hpp"
#include "data/number.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;
using Names = std::vector<std::string>;

/// What one list of names has and the other lacks.
std::optional<std::string> lacking(const Names& list, const Names& other) {
    for (const std::string& name : list) {
        if (std::ranges::find(other, name) == other.end()) return name;
    }
    return std::nullopt;
}

/// " (no 'age') ('size' is new)"; empty where `first` holds no names of `header`.
std::string differing_names(const Names& first, const Names& header) {
    const bool has_names = !header.empty() && std::ranges::any_of(first, [&](const std::string& name) {
        return std::ranges::find(header, name) != header.end();
    });
    std::string names;
    if (!has_names) return names;
    if (const auto missing = lacking(header, first)) names += fmt::format(" (no '{}')", excerpt(*missing));
    if (const auto extra = lacking(first, header)) names += fmt::format(" ('{}' is new)", excerpt(*extra));
    return names;
}

}  // namespace

void require_same_count(const TableLines& lines, const Names& first, const Columns& like) {
    if (first.size() == like.count) return;
    fail(Failure::data, "{}, line {}: has {} fields separated by {}{}, but {} has {}; both need the same columns",
         lines.file(), lines.head().front().number, first.size(), lines.separator_name(),
         differing_names(first, like.header), like.file, like.count);
}

void require_same_names(const TableLines& lines, const Names& names, const Columns& like, Header header) {
    if (like.header.empty() || names.empty() || like.header == names) return;
    const auto [mine, theirs] = std::ranges::mismatch(names, like.header);
    const bool is_other_order = std::ranges::is_permutation(names, like.header);
    const bool is_row = parse_number(*mine).has_value() != parse_number(*theirs).has_value();
    std::string_view aside;
    if (is_row && header == Header::yes) {
        aside =
            " (--header yes makes the first line of both files names: leave that option out, or add the names "
            "to the file that lacks them)";
    }
    if (is_other_order) aside = " (only the order differs)";
    fail(Failure::data, "{}, line {}: column {} is '{}', but '{}' in {}; both need the same columns in one order{}",
         lines.file(), lines.head().front().number, mine - names.begin() + 1, excerpt(*mine), excerpt(*theirs),
         like.file, aside);
}

}  // namespace ensemble::data
