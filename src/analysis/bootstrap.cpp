#include "analysis/bootstrap.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/contract.hpp"
#include "core/random.hpp"

namespace ensemble::analysis {
namespace {

/// Numbers that one instruction works on, and replicates that are summed at once: as many as registers can hold.
/// No matrix product of a library: those divide a sum by the sizes of caches, on which no result may depend.
#ifdef __AVX512F__
constexpr std::size_t lanes = 8;
#else
constexpr std::size_t lanes = 4;
#endif
constexpr std::size_t at_once = 4;
using Lanes = double __attribute__((vector_size(lanes * sizeof(double))));

/// Draws as many of `groups` as there are, from a stream of the replicate's own, and counts how often each is drawn.
class GroupDraws {
public:
    GroupDraws(std::uint64_t seed, std::size_t groups)
        : seed_(seed), bound_(static_cast<std::uint32_t>(groups)), words_(groups), counts_(groups) {}

    /// [groups]. Every draw is uniform without bias, see core::RandomStream::below.
    std::span<const std::uint16_t> count(std::size_t replicate) {
        core::RandomStream random({.seed = seed_,
                                   .purpose = core::Purpose::significance,
                                   .epoch = 1,
                                   .step = static_cast<std::uint32_t>(replicate)});
        std::ranges::fill(counts_, std::uint16_t{0});
        const std::uint32_t threshold = (0U - bound_) % bound_;
        for (std::size_t missing = bound_; missing > 0;) {
            const auto words = std::span(words_).first(missing);
            random.fill(words);
            for (const std::uint32_t word : words) {
                const std::uint64_t product = std::uint64_t{word} * bound_;
                if (static_cast<std::uint32_t>(product) < threshold) continue;
                ++counts_[product >> 32U];
                --missing;
            }
        }
        return counts_;
    }

private:
    std::uint64_t seed_;
    std::uint32_t bound_;
    std::vector<std::uint32_t> words_;
    std::vector<std::uint16_t> counts_;
};

/// The columns by strips of `lanes`, [strips × groups × lanes], the last one filled up with zeros.
std::vector<double> in_strips(const ResampledColumns& columns) {
    const std::size_t strips = (columns.columns + lanes - 1) / lanes;
    std::vector<double> packed(strips * columns.groups * lanes);
    for (std::size_t group = 0; group < columns.groups; ++group) {
        for (std::size_t column = 0; column < columns.columns; ++column)
            packed[(column / lanes * columns.groups + group) * lanes + column % lanes] =
                columns.sums[group * columns.columns + column];
    }
    return packed;
}

/// Of `at_once` replicates and one strip of columns: Σ count · value and Σ count · value² over the groups.
struct StripSums {
    std::array<Lanes, at_once> sums{};
    std::array<Lanes, at_once> squares{};

    /// `counts` [groups × at_once], `strip` [groups × lanes].
    StripSums(std::span<const double> counts, const double* strip) {
        for (std::size_t group = 0; group * at_once < counts.size(); ++group) {
            Lanes value;
            std::memcpy(&value, strip + group * lanes, sizeof value);
            const Lanes square = value * value;
            for (std::size_t i = 0; i < at_once; ++i) {
                sums[i] += value * counts[group * at_once + i];
                squares[i] += square * counts[group * at_once + i];
            }
        }
    }
};

/// A mean over `groups` divided by its standard error, of the sum of the values and that of their squares.
double studentised(double sum, double squares, double groups) {
    const double mean = sum / groups;
    const double variance = squares / groups - mean * mean;
    constexpr double rounding = 0x1p-44;  // of values that are all the same
    if (variance > rounding * squares / groups) return mean / std::sqrt(variance / (groups - 1));
    return mean == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), mean);
}

}  // namespace

ResampledColumns resampled_columns(std::span<const std::vector<double>> deviations, std::uint64_t seed) {
    ResampledColumns columns{.seed = seed, .groups = 0, .columns = deviations.size(), .sums = {}};
    if (deviations.empty()) return columns;
    const std::size_t rows = deviations.front().size();
    core::require(rows > 0, "a bootstrap needs rows");
    columns.groups = std::min(rows, ResampledColumns::most_groups);
    std::vector<std::uint32_t> order(rows);
    std::iota(order.begin(), order.end(), 0U);
    core::RandomStream random({.seed = seed, .purpose = core::Purpose::significance, .step = 1});
    if (columns.groups < rows) random.shuffle(order);
    columns.sums.resize(columns.groups * columns.columns);
    for (std::size_t column = 0; column < deviations.size(); ++column) {
        core::require(deviations[column].size() == rows, "columns that are resampled together have the same rows");
        // The first rows that do not fill a group go to the first groups one by one.
        for (std::size_t i = 0; i < rows; ++i)
            columns.sums[i % columns.groups * columns.columns + column] += deviations[column][order[i]];
    }
    return columns;
}

std::vector<double> studentised_replicates(const ResampledColumns& columns, std::size_t first, std::size_t count) {
    std::vector<double> replicates(count * columns.columns);
    if (replicates.empty()) return replicates;
    const std::vector<double> strips = in_strips(columns);
    GroupDraws draws(columns.seed, columns.groups);
    std::vector<double> counts(columns.groups * at_once);
    for (std::size_t begin = 0; begin < count; begin += at_once) {
        const std::size_t here = std::min(at_once, count - begin);
        for (std::size_t i = 0; i < here; ++i) {
            const std::span<const std::uint16_t> drawn = draws.count(first + begin + i);
            for (std::size_t group = 0; group < columns.groups; ++group) counts[group * at_once + i] = drawn[group];
        }
        for (std::size_t column = 0; column < columns.columns; column += lanes) {
            const StripSums strip(counts, strips.data() + column * columns.groups);
            for (std::size_t i = 0; i < here; ++i) {
                for (std::size_t lane = 0; lane < std::min(lanes, columns.columns - column); ++lane)
                    replicates[(begin + i) * columns.columns + column + lane] =
                        studentised(strip.sums[i][lane], strip.squares[i][lane], static_cast<double>(columns.groups));
            }
        }
    }
    return replicates;
}

Interval studentised_interval(double mean, double error, std::vector<double> studentised) {
    const auto outside = static_cast<std::ptrdiff_t>(interval_tail * static_cast<double>(studentised.size() + 1));
    core::require(outside > 0, "a bootstrap interval needs at least 40 replicates");
    const auto quantile = [&](std::ptrdiff_t place) {
        std::nth_element(studentised.begin(), studentised.begin() + place, studentised.end());
        return studentised[static_cast<std::size_t>(place)];
    };
    const double low = quantile(outside - 1);
    const double high = quantile(static_cast<std::ptrdiff_t>(studentised.size()) - outside);
    return {.low = mean - high * error, .high = mean - low * error};
}

}  // namespace ensemble::analysis
