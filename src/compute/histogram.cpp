#include "compute/histogram.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

namespace ensemble::compute {
namespace {

constexpr unsigned shift = 20;                  ///< of a float's 32 bits, below the twelve that tell the bucket
constexpr std::uint32_t magnitudes = 2048;      ///< buckets of either sign
constexpr std::uint32_t infinite = 255 * 8;     ///< the first magnitude that is no finite number
constexpr std::uint32_t tiny = (127 - 40) * 8;  ///< numbers below 2⁻⁴⁰ count as nothing, of either sign

/// Where the bucket of a magnitude begins.
double begin_of(std::uint32_t magnitude) {
    if (magnitude == infinite) return static_cast<double>(std::numeric_limits<float>::max());
    return static_cast<double>(std::bit_cast<float>(magnitude << shift));
}

/// Puts buckets into a histogram in ascending order; those without numbers only where they show where the next begins.
class Buckets {
public:
    explicit Buckets(Histogram& histogram) : histogram_(histogram) {}

    /// From the end of the bucket before to `limit`.
    void add(double begin, double limit, std::uint64_t count) {
        if (count == 0) return;
        const bool follows = !histogram_.limits.empty() && histogram_.limits.back() == begin;
        if (!follows) push(begin, 0);
        push(limit, count);
    }

private:
    void push(double limit, std::uint64_t count) {
        histogram_.limits.push_back(limit);
        histogram_.counts.push_back(count);
    }

    Histogram& histogram_;
};

}  // namespace

HistogramCounter::HistogramCounter()
    : counts_(std::make_unique<std::array<std::uint64_t, buckets>>()), sums_(no_sums()) {}

HistogramCounter::Sums HistogramCounter::no_sums() noexcept {
    Sums sums;
    sums.least.fill(std::numeric_limits<float>::infinity());
    sums.most.fill(-std::numeric_limits<float>::infinity());
    return sums;
}

void HistogramCounter::add(std::span<const float> numbers) {
    std::uint64_t* counts = counts_->data();
    for (const float number : numbers) ++counts[std::bit_cast<std::uint32_t>(number) >> shift];
    const auto take = [](Sums& sums, float number, std::size_t lane) {
        constexpr std::uint32_t sign = 0x80000000U;
        const bool is_finite = (std::bit_cast<std::uint32_t>(number) & ~sign) < (infinite << shift);
        const double value = is_finite ? static_cast<double>(number) : 0.0;
        sums.sum[lane] += value;
        sums.squares[lane] += value * value;
        sums.least[lane] = is_finite && number < sums.least[lane] ? number : sums.least[lane];
        sums.most[lane] = is_finite && number > sums.most[lane] ? number : sums.most[lane];
    };
    Sums sums = sums_;
    const std::size_t whole = numbers.size() / lanes * lanes;
    for (std::size_t i = 0; i < whole; i += lanes) {
        for (std::size_t lane = 0; lane < lanes; ++lane) take(sums, numbers[i + lane], lane);
    }
    for (std::size_t i = whole; i < numbers.size(); ++i) take(sums, numbers[i], i - whole);
    sums_ = sums;
}

Histogram HistogramCounter::take() {
    Histogram histogram;
    const std::span<const std::uint64_t> positive(counts_->data(), magnitudes);
    const std::span<const std::uint64_t> negative(counts_->data() + magnitudes, magnitudes);
    Buckets buckets_of(histogram);
    for (std::uint32_t i = infinite; i-- > tiny;) buckets_of.add(-begin_of(i + 1), -begin_of(i), negative[i]);
    const auto below_tiny = [](std::span<const std::uint64_t> side) {
        return std::accumulate(side.begin(), side.begin() + tiny, std::uint64_t{0});
    };
    buckets_of.add(-begin_of(tiny), begin_of(tiny), below_tiny(positive) + below_tiny(negative));
    for (std::uint32_t i = tiny; i < infinite; ++i) buckets_of.add(begin_of(i), begin_of(i + 1), positive[i]);
    histogram.count = std::accumulate(histogram.counts.begin(), histogram.counts.end(), std::uint64_t{0});
    if (histogram.count > 0) {
        histogram.least = static_cast<double>(std::ranges::min(sums_.least));
        histogram.most = static_cast<double>(std::ranges::max(sums_.most));
        histogram.sum = std::accumulate(sums_.sum.begin(), sums_.sum.end(), 0.0);
        histogram.sum_of_squares = std::accumulate(sums_.squares.begin(), sums_.squares.end(), 0.0);
    }
    counts_->fill(0);
    sums_ = no_sums();
    return histogram;
}

}  // namespace ensemble::compute
