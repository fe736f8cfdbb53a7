#include "data/number.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

namespace data {

std::optional<double> parse_number(std::string_view word) {
    if (word.starts_with('+') && !word.starts_with("+-")) word.remove_prefix(1);
    double value = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (problem == std::errc::invalid_argument || end != word.data() + word.size()) return std::nullopt;
    // Too large and too small are one error there.
    if (problem == std::errc::result_out_of_range) value = std::strtod(std::string(word).c_str(), nullptr);
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace data
