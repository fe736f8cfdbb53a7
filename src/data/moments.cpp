#include "data/moments.hpp"

#include <cmath>
#include <limits>

namespace ensemble::data {
namespace {

using Groups = std::vector<std::size_t>;

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
};

struct Sums {
    std::vector<double> sum;    ///< of each feature
    std::vector<Range> ranges;  ///< of each group
};

/// Calls use(feature, value) for all numbers of the rows, one row after the other; not behind the ends of sequences.
template <class Use>
void for_each_value(const Table& table, Rows rows, std::size_t width, Use use) {
    const bool ragged = table.description().ragged;
    for_each_block(table, rows, [&](std::size_t, std::span<const double> values) {
        for (std::size_t i = 0; i < values.size(); i += width) {
            if (!ragged) {
                for (std::size_t j = 0; j < width; ++j) use(j, values[i + j]);
                continue;
            }
            for (std::size_t j = 0; j < width; ++j)
                if (!std::isnan(values[i + j])) use(j, values[i + j]);
        }
    });
}

/// Numbers of each group.
std::vector<std::size_t> count_values(const Table& table, Rows rows, const Groups& group, std::size_t groups) {
    std::vector<std::size_t> count(groups);
    if (table.description().ragged) {
        for_each_value(table, rows, group.size(), [&](std::size_t j, double) { ++count[group[j]]; });
    } else {
        for (const std::size_t g : group) count[g] += rows.size();
    }
    return count;
}

Sums add_up(const Table& table, Rows rows, const Groups& group, std::size_t groups) {
    const std::size_t width = group.size();
    Sums sums{.sum = std::vector<double>(width), .ranges = std::vector<Range>(groups)};
    std::vector<double> low(width, Range{}.low);
    std::vector<double> high(width, Range{}.high);
    for_each_value(table, rows, width, [&](std::size_t j, double value) {
        sums.sum[j] += value;
        low[j] = std::min(low[j], value);
        high[j] = std::max(high[j], value);
    });
    for (std::size_t j = 0; j < width; ++j) {
        Range& range = sums.ranges[group[j]];
        range.low = std::min(range.low, low[j]);
        range.high = std::max(range.high, high[j]);
    }
    return sums;
}

/// The power of two that brings the largest magnitude near 1 where its square, or the square of what is left of it by
/// rounding, leaves the range of double precision; else 1.
double unit_of(const Range& range) {
    constexpr int squares_fit = 400;  // of ±1022
    constexpr int largest = 1000;     // exponent of a number whose reciprocal is one, too
    const double magnitude = std::max(std::abs(range.low), std::abs(range.high));
    if (magnitude == 0 || range.low > range.high) return 1.0;
    const int exponent = std::ilogb(magnitude);
    if (std::abs(exponent) <= squares_fit) return 1.0;
    return std::ldexp(1.0, std::clamp(-exponent, -largest, largest));
}

/// How far values may deviate, in shares of their mean, and still be one number that was computed in several ways, such
/// as 14.62 and 14.620000000000001. Scikit-learn takes n·ε of double precision for n values (StandardScaler, its issue
/// 19527); here n has an end, and floats have a bound of their own. Whole numbers are what they are: see are_whole().
double rounding(Element element, std::size_t values) {
    if (element == Element::f32) return std::numeric_limits<float>::epsilon();
    constexpr std::size_t fewest = 16;
    constexpr std::size_t most = 1024;
    return static_cast<double>(std::clamp(values, fewest, most)) * std::numeric_limits<double>::epsilon();
}

/// Of each group whether it holds whole numbers alone, all of which its element keeps apart: counters and times.
std::vector<bool> are_whole(const Table& table, Rows rows, const Groups& group, std::size_t groups) {
    const double most = table.description().element == Element::f32 ? 0x1p24 : 0x1p53;
    std::vector<bool> whole(groups, true);
    for_each_value(table, rows, group.size(), [&](std::size_t j, double value) {
        if (std::abs(value) > most || std::trunc(value) != value) whole[group[j]] = false;
    });
    return whole;
}

/// Sums over the rows of the squares of what is left of each feature without the mean of its group.
template <bool scaled>
std::vector<double> squares_of(const Table& table, Rows rows, const Groups& group, const Moments& moments) {
    const std::size_t width = group.size();
    std::vector<double> squares(width);
    for_each_value(table, rows, width, [&](std::size_t j, double read) {
        const double value = scaled ? read * moments.unit[group[j]] : read;
        const double difference = value - moments.mean[group[j]];
        squares[j] += difference * difference;
    });
    return squares;
}

/// As add_up() has it for units of 1, which leave out nothing and so need no further pass.
std::vector<double> scaled_sums(const Table& table, Rows rows, const Groups& group, const std::vector<double>& unit) {
    const std::size_t width = group.size();
    std::vector<double> sum(width);
    for_each_value(table, rows, width, [&](std::size_t j, double value) { sum[j] += value * unit[group[j]]; });
    return sum;
}

}  // namespace

bool Moments::plain() const {
    return std::ranges::all_of(unit, [](double each) { return each == 1.0; });
}

Moments measure(const Table& table, Rows rows, const Groups& group) {
    const std::size_t width = group.size();
    const std::size_t groups = std::ranges::max(group) + 1;
    Sums sums = add_up(table, rows, group, groups);
    Moments moments{.unit = {},
                    .mean = std::vector<double>(groups),
                    .deviation = std::vector<double>(groups),
                    .rounded = std::vector<bool>(groups)};
    for (const Range& range : sums.ranges) moments.unit.push_back(unit_of(range));
    const bool plain = moments.plain();
    if (!plain) sums.sum = scaled_sums(table, rows, group, moments.unit);
    std::vector<std::size_t> count = count_values(table, rows, group, groups);
    for (std::size_t& values : count) values = std::max<std::size_t>(values, 1);
    for (std::size_t j = 0; j < width; ++j) moments.mean[group[j]] += sums.sum[j];
    for (std::size_t g = 0; g < groups; ++g) moments.mean[g] /= static_cast<double>(count[g]);
    const std::vector<double> squares =
        plain ? squares_of<false>(table, rows, group, moments) : squares_of<true>(table, rows, group, moments);
    for (std::size_t j = 0; j < width; ++j) moments.deviation[group[j]] += squares[j];
    for (std::size_t g = 0; g < groups; ++g) {
        const double deviation = std::sqrt(moments.deviation[g] / static_cast<double>(count[g]));
        const double least = rounding(table.description().element, count[g]) * std::abs(moments.mean[g]);
        const bool differ = sums.ranges[g].low < sums.ranges[g].high;
        moments.rounded[g] = differ && deviation <= least;
        moments.deviation[g] = differ ? deviation : 0.0;
    }
    if (std::ranges::find(moments.rounded, true) == moments.rounded.end()) return moments;
    const std::vector<bool> whole = are_whole(table, rows, group, groups);
    for (std::size_t g = 0; g < groups; ++g) {
        moments.rounded[g] = moments.rounded[g] && !whole[g];
        if (moments.rounded[g]) moments.deviation[g] = 0.0;
    }
    return moments;
}

}  // namespace ensemble::data
