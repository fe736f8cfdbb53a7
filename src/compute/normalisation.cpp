#include "compute/normalisation.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "compute/vector.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

/// Values added up in single precision before the sum moves to double.
constexpr std::size_t stretch = 64;

/// Calls use(first float, number of vectors, distance between them, channel, lanes) for every stretch of vectors of
/// neighbouring channels. Vectors of one pixel each are taken across images instead of along pixels.
template <std::size_t Lanes, class Use>
void for_stretches_of(const Images& images, Heights heights, Use use) {
    const bool across = images.pixels() == 1 && heights.empty();
    const std::size_t distance = across ? images.item_elements() : images.block;
    for (std::size_t item = 0; item < (across ? 1 : images.count); ++item) {
        const std::size_t pixels = heights.empty() ? images.pixels() : heights[item] * images.width;
        const std::size_t vectors = across ? images.count : pixels;
        for (std::size_t block = 0; block < images.blocks(); ++block) {
            const std::size_t base = item * images.item_elements() + block * images.pixels() * images.block;
            for (std::size_t lane = 0; lane < images.block; lane += Lanes) {
                for (std::size_t first = 0; first < vectors; first += stretch) {
                    use(base + first * distance + lane, std::min(stretch, vectors - first), distance,
                        block * images.block + lane, std::integral_constant<std::size_t, Lanes>{});
                }
            }
        }
    }
}

/// With the widest vectors that a block of channels consists of.
template <class Use>
void for_stretches(const Images& images, Heights heights, Use use) {
    if (images.block % 16 == 0) return for_stretches_of<16>(images, heights, use);
    if (images.block % 8 == 0) return for_stretches_of<8>(images, heights, use);
    if (images.block % 4 == 0) return for_stretches_of<4>(images, heights, use);
    for_stretches_of<1>(images, heights, use);
}

/// Adds the lanes of a sum to sums in double precision.
template <std::size_t Lanes>
void add_to(double* sums, const Pack<Lanes>& sum) {
    for (std::size_t i = 0; i < Lanes; ++i) sums[i] += static_cast<double>(sum[i]);
}

/// relu; a NaN stays.
template <class Vector>
Vector rectified(const Vector& value) {
    return value < 0.0F ? Vector{} : value;
}

}  // namespace

BatchNorm::BatchNorm(const Images& images, Heights heights)
    : images_(images),
      heights_(heights),
      mean_(images.channels),
      inverse_deviation_(images.channels),
      scale_(images.channels),
      offset_(images.channels),
      gradient_scale_(images.channels),
      slope_(images.channels),
      gradient_offset_(images.channels),
      first_sum_(images.channels),
      second_sum_(images.channels) {
    core::require(images.count * images.pixels() > 0, "a batch to normalise is not empty");
}

double BatchNorm::values() const {
    if (heights_.empty()) return static_cast<double>(images_.count * images_.pixels());
    std::size_t rows = 0;
    for (const std::size_t height : heights_) rows += height;
    return static_cast<double>(std::max<std::size_t>(rows * images_.width, 1));
}

void BatchNorm::train(const float* x, const float* gamma, const float* beta, float* running_mean,
                      float* running_variance, float* y, float share) {
    std::ranges::fill(first_sum_, 0.0);
    std::ranges::fill(second_sum_, 0.0);
    // Sums are taken around the first vector of the batch.
    for (std::size_t block = 0; block < images_.blocks(); ++block) {
        std::copy_n(x + block * images_.pixels() * images_.block, images_.block, mean_.data() + block * images_.block);
    }
    for_stretches(
        images_, heights_,
        [&]<class Lanes>(std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, Lanes) {
            constexpr std::size_t count = Lanes::value;
            Pack<count> sum{};
            Pack<count> squares{};
            const auto around = load_pack<count>(mean_.data() + channel);
            for (std::size_t v = 0; v < vectors; ++v) {
                const Pack<count> difference = load_pack<count>(x + at + v * distance) - around;
                sum += difference;
                squares += difference * difference;
            }
            add_to<count>(first_sum_.data() + channel, sum);
            add_to<count>(second_sum_.data() + channel, squares);
        });
    const double n = values();
    for (std::size_t c = 0; c < images_.channels; ++c) {
        const double shift = first_sum_[c] / n;
        const double variance = std::max(0.0, second_sum_[c] / n - shift * shift);
        const double mean = static_cast<double>(mean_[c]) + shift;
        const double inverse = 1.0 / std::sqrt(variance + static_cast<double>(epsilon));
        mean_[c] = static_cast<float>(mean);
        inverse_deviation_[c] = static_cast<float>(inverse);
        scale_[c] = gamma[c] * inverse_deviation_[c];
        offset_[c] = static_cast<float>(static_cast<double>(beta[c]) - mean * static_cast<double>(scale_[c]));
        if (n < 2) continue;  // a single value says nothing about a variance
        const double unbiased = variance * n / (n - 1);
        running_mean[c] += share * momentum * (mean_[c] - running_mean[c]);
        running_variance[c] += share * momentum * (static_cast<float>(unbiased) - running_variance[c]);
    }
    rectifies_ ? apply<true>(x, y) : apply<false>(x, y);
}

void BatchNorm::evaluate(const float* x, const float* gamma, const float* beta, const float* running_mean,
                         const float* running_variance, float* y) {
    for (std::size_t c = 0; c < images_.channels; ++c) {
        scale_[c] = gamma[c] / std::sqrt(running_variance[c] + epsilon);
        offset_[c] = beta[c] - running_mean[c] * scale_[c];
    }
    rectifies_ ? apply<true>(x, y) : apply<false>(x, y);
}

template <bool rectifies>
void BatchNorm::apply(const float* x, float* y) const {
    for_stretches(
        images_, heights_,
        [&]<class Lanes>(std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, Lanes) {
            constexpr std::size_t count = Lanes::value;
            const auto scale = load_pack<count>(scale_.data() + channel);
            const auto offset = load_pack<count>(offset_.data() + channel);
            for (std::size_t v = 0; v < vectors; ++v) {
                const Pack<count> value = scale * load_pack<count>(x + at + v * distance) + offset;
                store_pack<count>(rectifies ? rectified(value) : value, y + at + v * distance);
            }
        });
}

/// Sums of dy and of dy·(x − μ); of what relu lets through.
template <bool rectifies>
void BatchNorm::sum_gradients(const float* x, const float* dy) {
    std::ranges::fill(first_sum_, 0.0);
    std::ranges::fill(second_sum_, 0.0);
    for_stretches(
        images_, heights_,
        [&]<class Lanes>(std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, Lanes) {
            constexpr std::size_t count = Lanes::value;
            Pack<count> sum{};
            Pack<count> products{};
            const auto mean = load_pack<count>(mean_.data() + channel);
            const auto scale = load_pack<count>(scale_.data() + channel);
            const auto offset = load_pack<count>(offset_.data() + channel);
            for (std::size_t v = 0; v < vectors; ++v) {
                const auto in = load_pack<count>(x + at + v * distance);
                auto gradient = load_pack<count>(dy + at + v * distance);
                if constexpr (rectifies) gradient = scale * in + offset > 0.0F ? gradient : Pack<count>{};
                sum += gradient;
                products += gradient * (in - mean);
            }
            add_to<count>(first_sum_.data() + channel, sum);
            add_to<count>(second_sum_.data() + channel, products);
        });
}

template <bool rectifies>
void BatchNorm::spread_gradients(const float* x, const float* dy, float* dx) const {
    for_stretches(
        images_, heights_,
        [&]<class Lanes>(std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, Lanes) {
            constexpr std::size_t count = Lanes::value;
            const auto scale = load_pack<count>(scale_.data() + channel);
            const auto offset = load_pack<count>(offset_.data() + channel);
            const auto gradient_scale = load_pack<count>(gradient_scale_.data() + channel);
            const auto slope = load_pack<count>(slope_.data() + channel);
            const auto gradient_offset = load_pack<count>(gradient_offset_.data() + channel);
            for (std::size_t v = 0; v < vectors; ++v) {
                const auto in = load_pack<count>(x + at + v * distance);
                auto gradient = load_pack<count>(dy + at + v * distance);
                if constexpr (rectifies) gradient = scale * in + offset > 0.0F ? gradient : Pack<count>{};
                store_pack<count>(gradient_scale * gradient + (slope * in + gradient_offset), dx + at + v * distance);
            }
        });
}

void BatchNorm::backward(const float* x, const float* gamma, const float* dy, float* dgamma, float* dbeta, float* dx) {
    rectifies_ ? sum_gradients<true>(x, dy) : sum_gradients<false>(x, dy);
    // dx = γ/σ·(dy − mean(dy) − x̂·mean(dy·x̂))
    const double n = values();
    for (std::size_t c = 0; c < images_.channels; ++c) {
        const auto inverse = static_cast<double>(inverse_deviation_[c]);
        dbeta[c] = static_cast<float>(first_sum_[c]);
        dgamma[c] = static_cast<float>(second_sum_[c] * inverse);
        const double scale = static_cast<double>(gamma[c]) * inverse;
        const double slope = -scale * inverse * inverse * second_sum_[c] / n;
        gradient_scale_[c] = static_cast<float>(scale);
        slope_[c] = static_cast<float>(slope);
        gradient_offset_[c] = static_cast<float>(-scale * first_sum_[c] / n - slope * static_cast<double>(mean_[c]));
    }
    if (!heights_.empty()) std::fill_n(dx, images_.elements(), 0.0F);
    rectifies_ ? spread_gradients<true>(x, dy, dx) : spread_gradients<false>(x, dy, dx);
}

}  // namespace ensemble::compute
