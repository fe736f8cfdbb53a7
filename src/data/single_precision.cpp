#include "data/single_precision.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/error.hpp"

namespace ensemble::data {

bool fits_single(double number) noexcept {
    return std::abs(number) <= std::numeric_limits<float>::max();
}

std::string note_rounding(const std::string& where, std::span<const double> numbers,
                          std::span<const std::size_t> counts) {
    constexpr double most_lost = 0.01;
    const auto count = [&](std::size_t i) { return counts.empty() ? 1.0 : static_cast<double>(counts[i]); };
    double rows = 0;
    double mean = 0;
    double lost = 0;  // by rounding, at most
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        rows += count(i);
        mean += (numbers[i] - mean) * count(i) / rows;  // a sum could leave double precision
        lost = std::max(lost, std::abs(numbers[i] - double{static_cast<float>(numbers[i])}));
    }
    double variance = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) variance += std::pow(numbers[i] - mean, 2) * count(i) / rows;
    const double deviation = std::sqrt(variance);
    const auto [low, high] = std::ranges::minmax(numbers);
    constexpr std::string_view advice = "write how far they are from a number near all of them";
    if (low == high) return {};
    if (static_cast<float>(low) == static_cast<float>(high)) {
        core::fail(core::Failure::data,
                   "{}: numbers from {} to {} are all {:.9g} in single precision, in which targets are learnt; {}",
                   where, low, high, static_cast<float>(low), advice);
    }
    if (!(lost > most_lost * deviation)) return {};
    return fmt::format(
        "{}: targets are learnt in single precision, seven digits, which changes numbers near {:.9g} by up to {:.1g}, "
        "while they deviate by {:.2g}; {}",
        where, mean, lost, deviation, advice);
}

}  // namespace ensemble::data
