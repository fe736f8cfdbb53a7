#include "config/parse_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/nearest.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;

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
    if (value != 0 && !std::isnormal(static_cast<float>(value))) {
        fail(Failure::usage,
             "{} is too {} for single precision, in which members are trained; give a number such as {}", text,
             std::abs(value) < 1 ? "small" : "large", example);
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
        const std::string_view close = core::nearest(text, names);
        fail(Failure::usage, "'{}' is none of {}{}", text, fmt::join(names, ", "),
             close.empty() ? "" : fmt::format("; did you mean {}?", close));
    }
    return static_cast<std::size_t>(found - names.begin());
}

double parse_duration(std::string_view text) {
    struct Unit {
        std::string_view name;
        double seconds;
    };
    constexpr std::array<Unit, 5> units{{{"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}}};
    constexpr double most = 1e9;
    const auto number = [](std::string_view digits, double& value) {
        const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return problem == std::errc{} && end == digits.data() + digits.size() && value >= 0 && value < most;
    };
    double seconds = 0;
    bool good = false;
    if (text.find(':') != std::string_view::npos) {
        // Hours, minutes and seconds; of two parts minutes and seconds would be a guess.
        good = std::ranges::count(text, ':') == 2 && !text.ends_with(':');
        for (std::string_view rest = text; good && !rest.empty();) {
            const std::string_view part = rest.substr(0, rest.find(':'));
            rest.remove_prefix(std::min(rest.size(), part.size() + 1));
            double value = 0;
            good = number(part, value) && std::floor(value) == value;
            seconds = 60 * seconds + value;
        }
    } else {
        const std::size_t end = text.find_first_not_of("0123456789.e+-");
        for (const Unit& unit : units) {
            if (end == std::string_view::npos || text.substr(end) != unit.name) continue;
            good = number(text.substr(0, end), seconds);
            seconds *= unit.seconds;
        }
    }
    if (!good || !(seconds > 0) || !(seconds < most)) {
        fail(Failure::usage, "'{}' is not a time; give one such as 90s, 30min, 1.5h, 2d or 1:30:00", text);
    }
    return seconds;
}

bool parse_toggle(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    fail(Failure::usage, "'{}' is neither true nor false", text);
}

}  // namespace ensemble::config
