#include "data/scales.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/moments.hpp"

namespace ensemble::data {
namespace {

constexpr std::size_t fewest_pixels = 49;
constexpr double refused_factor = 8;  // 16 and 255, 1 and 16, 100 and 1
constexpr double noted_factor = 3;    // 255 and 1023
constexpr double noted_factor_of_others = 16;

double size_of_values(const Reach& reach) {
    return std::max(std::abs(reach.low), std::abs(reach.high));
}

/// Of one of the two, clearly both signs, and of the other only what is above zero.
bool differ_in_sign(const Reach& train, const Reach& test) {
    const auto has_both = [](const Reach& reach) { return reach.low < 0 && -4 * reach.low > reach.high; };
    return (has_both(train) && test.low >= 0) || (has_both(test) && train.low >= 0);
}

/// The largest value of each column, and the smallest of all.
struct ColumnReaches {
    std::vector<double> highs;
    double low = std::numeric_limits<double>::infinity();

    explicit ColumnReaches(const Table& table)
        : highs(table.shape().elements(), -std::numeric_limits<double>::infinity()) {
        std::vector<std::uint32_t> rows(table.rows());
        std::iota(rows.begin(), rows.end(), 0U);
        for_each_block(table, rows, [&](std::size_t, std::span<const double> values) {
            for (std::size_t i = 0; i < values.size(); i += highs.size()) {
                for (std::size_t j = 0; j < highs.size(); ++j) {
                    highs[j] = std::max(highs[j], values[i + j]);
                    low = std::min(low, values[i + j]);
                }
            }
        });
    }

    [[nodiscard]] double high() const { return std::ranges::max(highs); }

    /// How many columns go at least as far as `bound`.
    [[nodiscard]] std::size_t reaching(double bound) const {
        return static_cast<std::size_t>(std::ranges::count_if(highs, [&](double high) { return high >= bound; }));
    }

    [[nodiscard]] bool are_pixels() const {
        constexpr double nearly = 0.9;
        return highs.size() >= fewest_pixels && low >= 0 && high() > 0 && 4 * reaching(nearly * high()) >= highs.size();
    }
};

}  // namespace

std::string compare_scales(const Reach& train, const Reach& test, bool pixels) {
    const double small = std::min(size_of_values(train), size_of_values(test));
    if (small <= 0) return "";
    const double factor = std::max(size_of_values(train), size_of_values(test)) / small;
    const std::string what =
        fmt::format("{}: its values go from {:.4g} to {:.4g}, but those of {} from {:.4g} to {:.4g}", test.name,
                    test.low, test.high, train.name, train.low, train.high);
    if (pixels && factor >= refused_factor) {
        core::fail(core::Failure::data,
                   "{}: images on another scale, which a network takes for other images; give both on one scale, for "
                   "example by a factor of {:.4g}",
                   what, size_of_values(train) / size_of_values(test));
    }
    const bool is_noted =
        pixels ? factor >= noted_factor || differ_in_sign(train, test) : factor >= noted_factor_of_others;
    return is_noted ? what + "; both need one scale" : "";
}

bool look_like_pixels(const Table& table) {
    return table.shape().elements() >= fewest_pixels && ColumnReaches(table).are_pixels();
}

std::string compare_scales_of_columns(const std::string& name, const Table& train, const std::string& test_name,
                                      const Table& test) {
    if (train.shape().elements() < fewest_pixels) return "";
    const ColumnReaches learnt(train);
    if (!learnt.are_pixels()) return "";
    const ColumnReaches tested(test);
    // One column that goes far is a mistake in it, or a mark for missing values, rather than a scale.
    const bool is_far = tested.high() >= refused_factor * learnt.high();
    if (is_far && 50 * tested.reaching(refused_factor * learnt.high()) < learnt.highs.size()) return "";
    return compare_scales({name, learnt.low, learnt.high()}, {test_name, tested.low, tested.high()}, true);
}

}  // namespace ensemble::data
