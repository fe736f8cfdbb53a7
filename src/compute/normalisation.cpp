#include "compute/normalisation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "core/contract.hpp"

namespace compute {
namespace {

/// Channels treated in one go.
constexpr std::size_t most_lanes = 32;

/// Values added up in single precision before the sum moves to double.
constexpr std::size_t stretch = 64;

/// Calls use(first float, number of vectors, distance between them, channel, lanes) for every stretch of vectors of
/// neighbouring channels. Vectors of one pixel each are taken across images instead of along pixels.
template <class Lanes, class Use>
void for_stretches_of(const Images& images, Lanes lanes_of, Use use) {
    const bool across = images.pixels() == 1;
    const std::size_t vectors = across ? images.count : images.pixels();
    const std::size_t distance = across ? images.item_elements() : images.block;
    for (std::size_t item = 0; item < (across ? 1 : images.count); ++item) {
        for (std::size_t block = 0; block < images.blocks(); ++block) {
            const std::size_t base = item * images.item_elements() + block * images.pixels() * images.block;
            for (std::size_t lane = 0; lane < images.block; lane += most_lanes) {
                for (std::size_t first = 0; first < vectors; first += stretch) {
                    use(base + first * distance + lane, std::min(stretch, vectors - first), distance,
                        block * images.block + lane, lanes_of(lane));
                }
            }
        }
    }
}

template <class Use>
void for_stretches(const Images& images, Use use) {
    using Sixteen = std::integral_constant<std::size_t, 16>;
    if (images.block == Sixteen::value) {
        for_stretches_of(
            images, [](std::size_t) { return Sixteen{}; }, use);
    } else {
        for_stretches_of(
            images, [&](std::size_t lane) { return std::min(most_lanes, images.block - lane); }, use);
    }
}

}  // namespace

BatchNorm::BatchNorm(const Images& images)
    : images_(images),
      mean_(images.channels),
      inverse_deviation_(images.channels),
      scale_(images.channels),
      offset_(images.channels),
      slope_(images.channels),
      first_sum_(images.channels),
      second_sum_(images.channels) {
    core::require(images.count * images.pixels() > 0, "a batch to normalise is not empty");
}

void BatchNorm::train(const float* x, const float* gamma, const float* beta, float* running_mean,
                      float* running_variance, float* y) {
    std::ranges::fill(first_sum_, 0.0);
    std::ranges::fill(second_sum_, 0.0);
    // Sums are taken around the first vector of the batch.
    for (std::size_t block = 0; block < images_.blocks(); ++block) {
        std::copy_n(x + block * images_.pixels() * images_.block, images_.block, mean_.data() + block * images_.block);
    }
    for_stretches(images_,
                  [&](std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, auto lanes) {
                      std::array<float, most_lanes> sum{};
                      std::array<float, most_lanes> squares{};
                      const float* around = mean_.data() + channel;
                      for (std::size_t v = 0; v < vectors; ++v) {
                          const float* in = x + at + v * distance;
                          for (std::size_t i = 0; i < lanes; ++i) {
                              const float difference = in[i] - around[i];
                              sum[i] += difference;
                              squares[i] += difference * difference;
                          }
                      }
                      for (std::size_t i = 0; i < lanes; ++i) {
                          first_sum_[channel + i] += static_cast<double>(sum[i]);
                          second_sum_[channel + i] += static_cast<double>(squares[i]);
                      }
                  });
    const auto n = static_cast<double>(images_.count * images_.pixels());
    for (std::size_t c = 0; c < images_.channels; ++c) {
        const double shift = first_sum_[c] / n;
        const double variance = std::max(0.0, second_sum_[c] / n - shift * shift);
        const double mean = static_cast<double>(mean_[c]) + shift;
        const double inverse = 1.0 / std::sqrt(variance + static_cast<double>(epsilon));
        mean_[c] = static_cast<float>(mean);
        inverse_deviation_[c] = static_cast<float>(inverse);
        scale_[c] = gamma[c] * inverse_deviation_[c];
        offset_[c] = static_cast<float>(static_cast<double>(beta[c]) - mean * static_cast<double>(scale_[c]));
        const double unbiased = n > 1 ? variance * n / (n - 1) : variance;
        running_mean[c] += momentum * (mean_[c] - running_mean[c]);
        running_variance[c] += momentum * (static_cast<float>(unbiased) - running_variance[c]);
    }
    apply(x, y);
}

void BatchNorm::evaluate(const float* x, const float* gamma, const float* beta, const float* running_mean,
                         const float* running_variance, float* y) {
    for (std::size_t c = 0; c < images_.channels; ++c) {
        scale_[c] = gamma[c] / std::sqrt(running_variance[c] + epsilon);
        offset_[c] = beta[c] - running_mean[c] * scale_[c];
    }
    apply(x, y);
}

void BatchNorm::apply(const float* x, float* y) const {
    for_stretches(images_,
                  [&](std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, auto lanes) {
                      const float* scale = scale_.data() + channel;
                      const float* offset = offset_.data() + channel;
                      for (std::size_t v = 0; v < vectors; ++v) {
                          const float* in = x + at + v * distance;
                          float* out = y + at + v * distance;
                          for (std::size_t i = 0; i < lanes; ++i) out[i] = scale[i] * in[i] + offset[i];
                      }
                  });
}

void BatchNorm::backward(const float* x, const float* gamma, const float* dy, float* dgamma, float* dbeta, float* dx) {
    std::ranges::fill(first_sum_, 0.0);
    std::ranges::fill(second_sum_, 0.0);
    for_stretches(images_,
                  [&](std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, auto lanes) {
                      std::array<float, most_lanes> sum{};
                      std::array<float, most_lanes> products{};
                      const float* mean = mean_.data() + channel;
                      for (std::size_t v = 0; v < vectors; ++v) {
                          const float* in = x + at + v * distance;
                          const float* gradient = dy + at + v * distance;
                          for (std::size_t i = 0; i < lanes; ++i) {
                              sum[i] += gradient[i];
                              products[i] += gradient[i] * (in[i] - mean[i]);
                          }
                      }
                      for (std::size_t i = 0; i < lanes; ++i) {
                          first_sum_[channel + i] += static_cast<double>(sum[i]);
                          second_sum_[channel + i] += static_cast<double>(products[i]);
                      }
                  });
    // dx = γ/σ·(dy − mean(dy) − x̂·mean(dy·x̂)) = scale·dy + slope·x + offset
    const auto n = static_cast<double>(images_.count * images_.pixels());
    for (std::size_t c = 0; c < images_.channels; ++c) {
        const auto inverse = static_cast<double>(inverse_deviation_[c]);
        dbeta[c] = static_cast<float>(first_sum_[c]);
        dgamma[c] = static_cast<float>(second_sum_[c] * inverse);
        const double scale = static_cast<double>(gamma[c]) * inverse;
        const double slope = -scale * inverse * inverse * second_sum_[c] / n;
        scale_[c] = static_cast<float>(scale);
        slope_[c] = static_cast<float>(slope);
        offset_[c] = static_cast<float>(-scale * first_sum_[c] / n - slope * static_cast<double>(mean_[c]));
    }
    for_stretches(images_,
                  [&](std::size_t at, std::size_t vectors, std::size_t distance, std::size_t channel, auto lanes) {
                      const float* scale = scale_.data() + channel;
                      const float* slope = slope_.data() + channel;
                      const float* offset = offset_.data() + channel;
                      for (std::size_t v = 0; v < vectors; ++v) {
                          const float* in = x + at + v * distance;
                          const float* gradient = dy + at + v * distance;
                          float* out = dx + at + v * distance;
                          for (std::size_t i = 0; i < lanes; ++i)
                              out[i] = scale[i] * gradient[i] + (slope[i] * in[i] + offset[i]);
                      }
                  });
}

}  // namespace compute
