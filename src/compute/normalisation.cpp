#include "compute/normalisation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>
#include <utility>

#include "compute/vector.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

/// Values added up in single precision before the sum moves to double.
constexpr std::size_t stretch = 64;

/// Sums that grow side by side in a stretch: one alone would wait for each of its additions.
constexpr std::size_t chains = 4;

/// Calls use(first float, number of vectors, distance between them, channel, lanes) for every stretch of vectors of
/// neighbouring channels in `part` of the images. Vectors of one pixel each are taken across images instead of along
/// pixels.
template <std::size_t Lanes, class Use>
void for_stretches_of(const Images& images, Heights heights, core::Part part, Use use) {
    const bool across = images.pixels() == 1 && heights.empty();
    const std::size_t distance = across ? images.item_elements() : images.block;
    for (std::size_t item = 0; item < (across ? 1 : part.end - part.begin); ++item) {
        const std::size_t pixels = heights.empty() ? images.pixels() : heights[part.begin + item] * images.width;
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
void for_stretches(const Images& images, Heights heights, core::Part part, Use use) {
    if (images.block % 16 == 0) return for_stretches_of<16>(images, heights, part, use);
    if (images.block % 8 == 0) return for_stretches_of<8>(images, heights, part, use);
    if (images.block % 4 == 0) return for_stretches_of<4>(images, heights, part, use);
    for_stretches_of<1>(images, heights, part, use);
}

/// Two sums over the vectors of a stretch, of what terms(offset) returns, for vectors `distance` apart.
template <std::size_t Lanes, class Terms>
std::pair<Pack<Lanes>, Pack<Lanes>> sums_of_stretch(std::size_t vectors, std::size_t distance, Terms terms) {
    std::array<Pack<Lanes>, chains> first{};
    std::array<Pack<Lanes>, chains> second{};
    const auto add = [&](std::size_t vector, std::size_t chain) {
        const auto [one, other] = terms(vector * distance);
        first[chain] += one;
        second[chain] += other;
    };
    std::size_t v = 0;
    for (; v + chains <= vectors; v += chains) {
#pragma GCC unroll 4
        for (std::size_t chain = 0; chain < chains; ++chain) add(v + chain, chain);
    }
    for (; v < vectors; ++v) add(v, 0);
    return {(first[0] + first[1]) + (first[2] + first[3]), (second[0] + second[1]) + (second[2] + second[3])};
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

void BatchNorm::measure(const float* x, core::Part part) {
    core::require(goes_by_images() || part.end - part.begin == images_.count, "vectors are measured all at once");
    if (part.begin == 0) {
        std::ranges::fill(first_sum_, 0.0);
        std::ranges::fill(second_sum_, 0.0);
        // Sums are taken around the first vector of the batch.
        for (std::size_t block = 0; block < images_.blocks(); ++block) {
            std::copy_n(x + block * images_.pixels() * images_.block, images_.block,
                        mean_.data() + block * images_.block);
        }
    }
    for_stretches(
        images_, heights_, part,
        [&]<class Lanes>(std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, Lanes) {
            constexpr std::size_t count = Lanes::value;
            const auto around = load_pack<count>(mean_.data() + channel);
            const auto [sum, squares] = sums_of_stretch<count>(vectors, distance, [&](std::size_t offset) {
                const Pack<count> difference = load_pack<count>(x + at + offset) - around;
                return std::pair<Pack<count>, Pack<count>>(difference, difference * difference);
            });
            add_to<count>(first_sum_.data() + channel, sum);
            add_to<count>(second_sum_.data() + channel, squares);
        });
}

void BatchNorm::use_measured(const float* gamma, const float* beta, float* running_mean, float* running_variance,
                             float share) {
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
}

void BatchNorm::use_running(const float* gamma, const float* beta, const float* running_mean,
                            const float* running_variance) {
    for (std::size_t c = 0; c < images_.channels; ++c) {
        scale_[c] = gamma[c] / std::sqrt(running_variance[c] + epsilon);
        offset_[c] = beta[c] - running_mean[c] * scale_[c];
    }
}

void BatchNorm::normalise(const float* x, float* y, core::Part images) const {
    rectifies_ ? apply<true>(x, y, images) : apply<false>(x, y, images);
}

template <bool rectifies>
void BatchNorm::apply(const float* x, float* y, core::Part part) const {
    for_stretches(
        images_, heights_, part,
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

void BatchNorm::sum_gradients(const float* x, const float* dy, core::Part images) {
    if (images.begin == 0) {
        std::ranges::fill(first_sum_, 0.0);
        std::ranges::fill(second_sum_, 0.0);
    }
    rectifies_ ? sum<true>(x, dy, images) : sum<false>(x, dy, images);
}

/// Sums of dy and of dy·(x − μ); of what relu lets through.
template <bool rectifies>
void BatchNorm::sum(const float* x, const float* dy, core::Part part) {
    for_stretches(
        images_, heights_, part,
        [&]<class Lanes>(std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, Lanes) {
            constexpr std::size_t count = Lanes::value;
            const auto mean = load_pack<count>(mean_.data() + channel);
            const auto scale = load_pack<count>(scale_.data() + channel);
            const auto offset = load_pack<count>(offset_.data() + channel);
            const auto [gradients, products] = sums_of_stretch<count>(vectors, distance, [&](std::size_t from) {
                const auto in = load_pack<count>(x + at + from);
                auto gradient = load_pack<count>(dy + at + from);
                if constexpr (rectifies) gradient = scale * in + offset > 0.0F ? gradient : Pack<count>{};
                return std::pair<Pack<count>, Pack<count>>(gradient, gradient * (in - mean));
            });
            add_to<count>(first_sum_.data() + channel, gradients);
            add_to<count>(second_sum_.data() + channel, products);
        });
}

void BatchNorm::use_sums(const float* gamma, float* dgamma, float* dbeta) {
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
}

void BatchNorm::spread_gradients(const float* x, const float* dy, Accumulate accumulate, float* dx,
                                 core::Part images) const {
    if (accumulate == Accumulate::yes)
        return rectifies_ ? spread<true, true>(x, dy, dx, images) : spread<false, true>(x, dy, dx, images);
    const std::size_t elements = images_.item_elements();
    if (!heights_.empty()) std::fill_n(dx, (images.end - images.begin) * elements, 0.0F);
    rectifies_ ? spread<true, false>(x, dy, dx, images) : spread<false, false>(x, dy, dx, images);
}

template <bool rectifies, bool adds>
void BatchNorm::spread(const float* x, const float* dy, float* dx, core::Part part) const {
    for_stretches(
        images_, heights_, part,
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
                float* to = dx + at + v * distance;
                const Pack<count> share = gradient_scale * gradient + (slope * in + gradient_offset);
                store_pack<count>(adds ? load_pack<count>(to) + share : share, to);
            }
        });
}

}  // namespace ensemble::compute
