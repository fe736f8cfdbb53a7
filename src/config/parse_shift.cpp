#include "config/parse_shift.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

#include "config/parse_value.hpp"
#include "core/error.hpp"
#include "data/shift.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;

constexpr std::string_view range_sign = "..";

/// Evaluations in all: each costs as much as the test rows do.
constexpr std::size_t most_shifts = 100;

std::vector<std::string_view> shift_names() {
    std::vector<std::string_view> names;
    for (const data::ShiftKind& kind : data::shift_kinds()) {
        if (std::ranges::find(names, kind.name) == names.end()) names.push_back(kind.name);
    }
    return names;
}

/// Of all kinds of rows; which of them the data have is not known yet.
Range range_of(std::string_view name) {
    Range range{0, 0};
    for (const data::ShiftKind& kind : data::shift_kinds()) {
        if (kind.name != name) continue;
        range.low = std::min(range.low, kind.low);
        range.high = std::max(range.high, kind.high);
    }
    return range;
}

/// Of few digits, as people write them.
double tidied(double value) {
    return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

std::vector<double> steps(double low, double high) {
    constexpr double most_of_low = 12;
    constexpr std::size_t even_steps = 6;
    constexpr double rounding = 1e-9;
    const double of_low = high / low;
    const bool fits = low > 0 && of_low <= most_of_low && std::abs(of_low - std::round(of_low)) < rounding;
    const std::size_t count = fits ? static_cast<std::size_t>(std::lround(of_low)) : even_steps;
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        const double share = static_cast<double>(i) / static_cast<double>(count - 1);
        const double value = low + (high - low) * share;
        values.push_back(std::abs(value) < rounding * (high - low) ? 0 : tidied(value));
    }
    return values;
}

}  // namespace

void add_shift(Options& options, std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::vector<std::string_view> names = shift_names();
    const std::string_view name = names.at(parse_choice(text.substr(0, colon), names));
    if (colon == std::string_view::npos || colon + 1 == text.size())
        fail(Failure::usage, "'{}' does not say how far; write such as {}:1,2,4 or {}:1..5", text, name, name);
    ShiftSeries series{.name = std::string(name), .text = std::string(text.substr(colon + 1)), .values = {}};
    const Range range = range_of(name);
    const auto number = [&](std::string_view digits) { return parse_number(digits, range, "1"); };
    if (const std::size_t at = series.text.find(range_sign); at != std::string::npos) {
        const double low = number(std::string_view(series.text).substr(0, at));
        const double high = number(std::string_view(series.text).substr(at + range_sign.size()));
        if (!(low < high)) fail(Failure::usage, "{}: {} is not below {}; write the smaller one first", name, low, high);
        series.values = steps(low, high);
    } else {
        for (std::string_view rest = series.text;;) {
            const std::size_t comma = rest.find(',');
            series.values.push_back(number(rest.substr(0, comma)));
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    }
    std::size_t all = series.values.size();
    for (std::size_t i = 0; i < series.values.size(); ++i) {
        const auto is_there = [&](const ShiftSeries& other) {
            return other.name == name && std::ranges::find(other.values, series.values[i]) != other.values.end();
        };
        const auto first = std::ranges::find(series.values, series.values[i]) - series.values.begin();
        if (static_cast<std::size_t>(first) < i || std::ranges::any_of(options.shifts, is_there))
            fail(Failure::usage, "{} {} is given twice; give it once", name, series.values[i]);
    }
    for (const ShiftSeries& other : options.shifts) all += other.values.size();
    if (all > most_shifts) fail(Failure::usage, "{} values are too many; at most {} are evaluated", all, most_shifts);
    options.shifts.push_back(std::move(series));
}

std::string text_of(const ShiftSeries& series) {
    return fmt::format("{}:{}", series.name, series.text);
}

std::string name_of_shifted(std::string_view name, double value) {
    return fmt::format("{}-{}", name, value);
}

}  // namespace ensemble::config
