#include "run/parse_value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <fmt/ranges.h>

#include "core/error.hpp"

namespace run {
namespace {

using core::fail;
using core::Failure;

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t edits(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before(to.size() + 1);
    std::vector<std::size_t> row(to.size() + 1);
    std::vector<std::size_t> next(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = row[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
        }
        before.swap(row);
        row.swap(next);
    }
    return row.back();
}

}  // namespace

std::uint64_t parse_count(std::string_view text, std::uint64_t low, std::uint64_t high) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = problem != std::errc::invalid_argument && end == text.data() + text.size();
    if (!whole || problem == std::errc::result_out_of_range || value < low || value > high) {
        fail(Failure::usage, "'{}' is not a whole number from {} to {}", text, low, high);
    }
    return value;
}

double parse_number(std::string_view text, const Range& range, std::string_view example) {
    double value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        fail(Failure::usage, "'{}' is not a number; give one such as {}", text, example);
    }
    const bool too_low = range.low_open ? value <= range.low : value < range.low;
    const bool too_high = range.high_open ? value >= range.high : value > range.high;
    if (too_low || too_high) {
        const std::string low = fmt::format("{} {}", range.low_open ? "above" : "at least", range.low);
        if (std::isinf(range.high))
            fail(Failure::usage, "{} is out of range; it must be {}, such as {}", text, low, example);
        fail(Failure::usage, "{} is out of range; it must be {} and {} {}, such as {}", text, low,
             range.high_open ? "below" : "at most", range.high, example);
    }
    return value;
}

std::size_t parse_choice(std::string_view text, std::span<const std::string_view> names) {
    const auto found = std::find(names.begin(), names.end(), text);
    if (found == names.end()) {
        const std::string_view close = nearest(text, names);
        fail(Failure::usage, "'{}' is none of {}{}", text, fmt::join(names, ", "),
             close.empty() ? "" : fmt::format("; did you mean {}?", close));
    }
    return static_cast<std::size_t>(found - names.begin());
}

bool parse_toggle(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    fail(Failure::usage, "'{}' is neither true nor false", text);
}

std::string_view nearest(std::string_view text, std::span<const std::string_view> names) {
    std::string_view best;
    std::size_t fewest = std::max<std::size_t>(1, text.size() / 3) + 1;
    for (const std::string_view name : names) {
        const std::size_t count = edits(text, name);
        if (count < fewest) {
            fewest = count;
            best = name;
        }
    }
    return best;
}

}  // namespace run
