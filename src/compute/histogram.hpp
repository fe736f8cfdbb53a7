#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ensemble::compute {

/// How numbers are distributed: how many lie in buckets that grow with their distance from zero, an eighth of a power
/// of two wide. Only finite numbers count.
struct Histogram {
    std::uint64_t count = 0;
    double least = 0;  ///< 0 where there is no number
    double most = 0;
    double sum = 0;
    double sum_of_squares = 0;

    /// Upper ends of the buckets, ascending, and how many numbers each has from the end of the one before; a number at
    /// an end belongs to the bucket farther from zero. A bucket without any stands only before one with some, to show
    /// where that begins.
    std::vector<double> limits;
    std::vector<std::uint64_t> counts;
};

/// Counts numbers for a Histogram: a table look-up each, so that millions take milliseconds.
class HistogramCounter {
public:
    HistogramCounter();

    void add(std::span<const float> numbers);

    /// The histogram of what was added since the last call.
    [[nodiscard]] Histogram take();

private:
    /// Sign, exponent and three bits of the mantissa tell the bucket.
    static constexpr std::size_t buckets = std::size_t{1} << 12U;

    static constexpr std::size_t lanes = 8;
    struct Sums {
        std::array<double, lanes> sum{};
        std::array<double, lanes> squares{};
        std::array<float, lanes> least{};
        std::array<float, lanes> most{};
    };
    [[nodiscard]] static Sums no_sums() noexcept;

    std::unique_ptr<std::array<std::uint64_t, buckets>> counts_;
    Sums sums_;
};

}  // namespace ensemble::compute
