#include "compute/winograd.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "compute/vector.hpp"
#include "compute/winograd_transforms.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {

using namespace winograd;

namespace {

/// Tiles multiplied at a time: as many sums stay in registers.
constexpr std::size_t strip = 14;

/// Floats of transformed tiles in a group of them: for the weights, whose sums are read and written for each group, and
/// for the other directions.
constexpr std::size_t weight_group_floats = 192 * 1024;
constexpr std::size_t pass_group_floats = 64 * 1024;

/// Transforms a square of `From` × `From` pixels whose first is (top, left); outside the image all is zero.
template <auto one_dimension, std::size_t From, class Put>
void transform_pixels(const float* image, std::size_t height, std::size_t width, std::ptrdiff_t top,
                      std::ptrdiff_t left, Put put) {
    const auto extent = static_cast<std::ptrdiff_t>(From);
    const auto rows = static_cast<std::ptrdiff_t>(height);
    const auto columns = static_cast<std::ptrdiff_t>(width);
    if (top >= 0 && left >= 0 && top + extent <= rows && left + extent <= columns) {
        const float* first = image + (top * columns + left) * static_cast<std::ptrdiff_t>(lanes);
        transform<one_dimension, From, reach>(
            [&](std::size_t i, std::size_t j) { return load(first + (i * width + j) * lanes); }, put);
        return;
    }
    // Pixels outside are read from a line of zeros: an address chosen costs less than a branch.
    static constexpr std::array<float, From * lanes> nothing{};
    const std::ptrdiff_t skipped = left < 0 ? -left : 0;
    std::array<std::array<const float*, From>, 2> sources;
    for (std::size_t i = 0; i < From; ++i) {
        const std::ptrdiff_t row = top + static_cast<std::ptrdiff_t>(i);
        const bool inside = row >= 0 && row < rows;
        sources[0][i] = nothing.data();
        sources[1][i] =
            inside ? image + (row * columns + left + skipped) * static_cast<std::ptrdiff_t>(lanes) : nothing.data();
    }
    transform<one_dimension, From, reach>(
        [&](std::size_t i, std::size_t j) {
            const std::ptrdiff_t column = static_cast<std::ptrdiff_t>(j) - skipped;
            const bool inside = column >= 0 && left + static_cast<std::ptrdiff_t>(j) < columns;
            return load(sources[inside][i] + (inside ? column * static_cast<std::ptrdiff_t>(lanes) : 0));
        },
        put);
}

/// Tiles from the one under way to the one whose pixels are fetched from memory meanwhile.
constexpr std::size_t fetch_ahead = 3;

/// Asks for the 4 × 4 pixels from `first` on; the ones outside the image cost nothing worth a test.
template <int writes>
void fetch(const float* first, std::size_t width) {
    for (std::size_t i = 0; i < side; ++i)
        for (std::size_t j = 0; j < side; ++j) __builtin_prefetch(first + (i * width + j) * lanes, writes);
}

/// y[t] = Σ x[t][channel] · u[channel] for `Count` tiles.
template <std::size_t Count>
void multiply(std::size_t blocks, std::size_t block_stride, const float* x, const float* u, float* y) {
    std::array<Vector, Count> sums{};
    for (std::size_t block = 0; block < blocks; ++block, x += block_stride) {
        for (std::size_t channel = 0; channel < lanes; ++channel, u += lanes) {
            const Vector weights = load(u);
#pragma GCC unroll 16
            for (std::size_t t = 0; t < Count; ++t) sums[t] += x[t * lanes + channel] * weights;
        }
    }
#pragma GCC unroll 16
    for (std::size_t t = 0; t < Count; ++t) store(sums[t], y + t * lanes);
}

using Multiply = void (*)(std::size_t, std::size_t, const float*, const float*, float*);

template <std::size_t... Counts>
constexpr std::array<Multiply, sizeof...(Counts)> multiply_table(std::index_sequence<Counts...>) {
    return {multiply<Counts + 1>...};
}
constexpr auto multiply_tiles = multiply_table(std::make_index_sequence<strip>());

/// sums[channel] += Σ x[t][channel] · dy[t] over `count` tiles, for 16 channels.
void multiply_outer(std::size_t count, const float* x, const float* dy, float* sums) {
    std::array<Vector, lanes> sum;
#pragma GCC unroll 16
    for (std::size_t channel = 0; channel < lanes; ++channel) sum[channel] = load(sums + channel * lanes);
    for (std::size_t t = 0; t < count; ++t) {
        const Vector gradient = load(dy + t * lanes);
#pragma GCC unroll 16
        for (std::size_t channel = 0; channel < lanes; ++channel) sum[channel] += x[t * lanes + channel] * gradient;
    }
#pragma GCC unroll 16
    for (std::size_t channel = 0; channel < lanes; ++channel) store(sum[channel], sums + channel * lanes);
}

/// Tiles of a group with so many channels: whole strips.
std::size_t group_of(std::size_t channels, std::size_t floats) {
    return std::clamp<std::size_t>(floats / (points * channels) / strip, 1, 6) * strip;
}

/// Floats from one point to the next. The line more keeps points out of the same sets of the first cache.
std::size_t point_stride(std::size_t blocks, std::size_t group) {
    return (blocks * group + 1) * lanes;
}

}  // namespace

bool Winograd::supports(const ConvolutionShape& shape) {
    return widest_block() == lanes && shape.window.vertical.size == 3 && shape.window.horizontal.size == 3 &&
           shape.window.vertical.stride == 1 && shape.window.horizontal.stride == 1 && shape.channels_in % lanes == 0 &&
           shape.channels_out % lanes == 0;
}

namespace {

/// Multiplications of a pass, as Winograd has them, that are worth a pool.
constexpr std::size_t least_multiplications = 2'000'000;

core::ThreadPool* worthwhile(core::ThreadPool* pool, const ConvolutionShape& shape) {
    const std::size_t tiles = shape.count * ((shape.height + side - 1) / side) * ((shape.width + side - 1) / side);
    const std::size_t work = tiles * points * shape.channels_in * shape.channels_out;
    return pool != nullptr && pool->size() > 1 && work >= least_multiplications ? pool : nullptr;
}

}  // namespace

Winograd::Winograd(const ConvolutionShape& shape, const Directions& directions, core::ThreadPool* pool)
    : shape_(shape),
      in_{.height = shape.height, .width = shape.width, .blocks = shape.channels_in / lanes},
      out_{.height = shape.window.vertical.positions(shape.height),
           .width = shape.window.horizontal.positions(shape.width),
           .blocks = shape.channels_out / lanes},
      group_(group_of(std::min(shape.channels_in, shape.channels_out), weight_group_floats)),
      pass_group_(group_of(std::min(shape.channels_in, shape.channels_out), pass_group_floats)),
      pool_(worthwhile(pool, shape)),
      input_room_(points * point_stride(std::max(in_.blocks, out_.blocks), group_)),
      product_room_(points * point_stride(1, group_)) {
    core::require(supports(shape), "this convolution has a Winograd form");
    const std::size_t weights = points * shape.channels_in * shape.channels_out;
    const std::size_t threads = pool_ == nullptr ? 1 : pool_->size();
    inputs_.resize(threads * input_room_);
    products_.resize(threads * product_room_);
    if (directions.forward) forward_weights_.resize(weights);
    if (directions.input_gradient) backward_weights_.resize(weights);
    if (!directions.weight_gradient) return;
    weight_sums_.resize(weights);
    gradients_.resize(points * point_stride(out_.blocks, group_));
    bias_sums_.resize(shape.channels_out);
}

void Winograd::set_weights(const float* weights) {
    if (!forward_weights_.empty()) pack_forward(weights);
    if (!backward_weights_.empty()) pack_backward(weights);
}

Winograd::Tiling Winograd::tiling_of(const Side& out, std::size_t before) {
    return {.down = (out.height + side - 1) / side, .across = (out.width + side - 1) / side, .before = before};
}

Winograd::Tile Winograd::tile_of(const Tiling& tiling, std::size_t index) {
    const std::size_t row = index / tiling.across;
    return {.image = row / tiling.down,
            .top = static_cast<std::ptrdiff_t>(row % tiling.down * side),
            .left = static_cast<std::ptrdiff_t>(index % tiling.across * side)};
}

std::size_t Winograd::pixel_of(const Tile& tile, const Side& image) {
    return static_cast<std::size_t>(tile.top) * image.width + static_cast<std::size_t>(tile.left);
}

void Winograd::pack_forward(const float* weights) {
    const std::size_t stride = shape_.weight_stride;
    for (std::size_t block = 0; block < out_.blocks; ++block) {
        float* to = forward_weights_.data() + block * points * shape_.channels_in * lanes;
        for (std::size_t channel = 0; channel < shape_.channels_in; ++channel) {
            transform<of_weights, 3, reach>(
                [&](std::size_t i, std::size_t j) {
                    return load(weights + ((i * 3 + j) * shape_.channels_in + channel) * stride + block * lanes);
                },
                [&](std::size_t i, std::size_t j, const Vector& value) {
                    store(value, to + ((i * reach + j) * shape_.channels_in + channel) * lanes);
                });
        }
    }
}

/// The gradient of the input is a convolution with the window turned by half a turn and the channels' roles exchanged.
void Winograd::pack_backward(const float* weights) {
    const std::size_t stride = shape_.weight_stride;
    for (std::size_t block = 0; block < in_.blocks; ++block) {
        float* to = backward_weights_.data() + block * points * shape_.channels_out * lanes;
        for (std::size_t channel = 0; channel < shape_.channels_out; ++channel) {
            transform<of_weights, 3, reach>(
                [&](std::size_t i, std::size_t j) {
                    const float* from =
                        weights + (((2 - i) * 3 + 2 - j) * shape_.channels_in + block * lanes) * stride + channel;
                    Vector turned;
                    for (std::size_t lane = 0; lane < lanes; ++lane) turned[lane] = from[lane * stride];
                    return turned;
                },
                [&](std::size_t i, std::size_t j, const Vector& value) {
                    store(value, to + ((i * reach + j) * shape_.channels_out + channel) * lanes);
                });
        }
    }
}

/// Transforms `count` tiles from the one numbered `first` on, of squares of `From` pixels that begin `before` pixels
/// above and to the left of the tile's outputs.
template <auto one_dimension, std::size_t From>
void Winograd::transform_tiles(const Side& images, const Tiling& tiling, std::size_t before, const float* from,
                               std::size_t first, std::size_t count, float* to) const {
    const std::size_t plane = images.height * images.width * lanes;
    const std::size_t stride = point_stride(images.blocks, group_);
    const std::size_t last = first + count - 1;
    const auto margin = static_cast<std::ptrdiff_t>(before);
    for (std::size_t t = 0; t < count; ++t) {
        const Tile tile = tile_of(tiling, first + t);
        const Tile next = tile_of(tiling, std::min(first + t + fetch_ahead, last));
        const float* next_pixels = from + next.image * images.blocks * plane + pixel_of(next, images) * lanes;
        for (std::size_t block = 0; block < images.blocks; ++block) {
            fetch<0>(next_pixels + block * plane, images.width);
            float* at = to + (block * group_ + t) * lanes;
            transform_pixels<one_dimension, From>(from + (tile.image * images.blocks + block) * plane, images.height,
                                                  images.width, tile.top - margin, tile.left - margin,
                                                  [&](std::size_t i, std::size_t j, const Vector& value) {
                                                      store(value, at + (i * reach + j) * stride);
                                                  });
        }
    }
}

void Winograd::convolve(const Pass& pass, core::Part images) {
    const std::size_t tiles = (images.end - images.begin) * pass.tiling.down * pass.tiling.across;
    const std::size_t groups = (tiles + pass_group_ - 1) / pass_group_;
    const auto part = [&](core::Part some, std::size_t who) {
        for (std::size_t group = some.begin; group < some.end; ++group) {
            const std::size_t first = group * pass_group_;
            convolve_group(pass, first, std::min(pass_group_, tiles - first), who);
        }
    };
    if (pool_ == nullptr) return part({0, groups}, 0);
    pool_->run([&](std::size_t who) { part(core::part_of(groups, pool_->size(), who), who); });
}

void Winograd::convolve_group(const Pass& pass, std::size_t first, std::size_t count, std::size_t who) {
    const std::size_t in_stride = point_stride(pass.in.blocks, group_);
    const std::size_t out_stride = point_stride(1, group_);
    float* inputs = inputs_.data() + who * input_room_;
    float* products = products_.data() + who * product_room_;
    transform_tiles<of_input, reach>(pass.in, pass.tiling, pass.tiling.before, pass.x, first, count, inputs);
    const float* weights = pass.packed;
    for (std::size_t block = 0; block < pass.out.blocks; ++block) {
        for (std::size_t point = 0; point < points; ++point, weights += pass.in.blocks * lanes * lanes) {
            for (std::size_t t = 0; t < count; t += strip) {
                multiply_tiles[std::min(strip, count - t) - 1](pass.in.blocks, group_ * lanes,
                                                               inputs + point * in_stride + t * lanes, weights,
                                                               products + point * out_stride + t * lanes);
            }
        }
        put_outputs(pass, block, first, count, products);
    }
}

/// Transforms the products of a group back into one block of the output's channels.
void Winograd::put_outputs(const Pass& pass, std::size_t block, std::size_t first, std::size_t count,
                           const float* products) {
    const Side& out = pass.out;
    const std::size_t stride = point_stride(1, group_);
    const std::size_t plane = out.height * out.width * lanes;
    const Vector offset = pass.bias == nullptr ? Vector{} : load(pass.bias + block * lanes);
    const auto put_all = [&]<bool adds>() {
        for (std::size_t t = 0; t < count; ++t) {
            const Tile tile = tile_of(pass.tiling, first + t);
            const auto top = static_cast<std::size_t>(tile.top);
            const auto left = static_cast<std::size_t>(tile.left);
            const Tile next = tile_of(pass.tiling, first + std::min(t + fetch_ahead, count - 1));
            fetch<1>(pass.y + (next.image * out.blocks + block) * plane + pixel_of(next, out) * lanes, out.width);
            const std::size_t rows = std::min(side, out.height - top);
            const std::size_t columns = std::min(side, out.width - left);
            float* to = pass.y + (tile.image * out.blocks + block) * plane + (top * out.width + left) * lanes;
            const float* from = products + t * lanes;
            transform<to_output, reach, side>(
                [&](std::size_t i, std::size_t j) { return load(from + (i * reach + j) * stride); },
                [&](std::size_t i, std::size_t j, const Vector& value) {
                    if (i >= rows || j >= columns) return;
                    float* pixel = to + (i * out.width + j) * lanes;
                    store(adds ? load(pixel) + value : value + offset, pixel);
                });
        }
    };
    core::require(pass.accumulate == Accumulate::no || pass.bias == nullptr, "nothing has a bias that is added to");
    pass.accumulate == Accumulate::yes ? put_all.operator()<true>() : put_all.operator()<false>();
}

void Winograd::forward(const float* x, const float* bias, float* y, core::Part images) {
    convolve({.in = in_,
              .out = out_,
              .tiling = tiling_of(out_, shape_.window.vertical.before(shape_.height)),
              .x = x,
              .packed = forward_weights_.data(),
              .bias = bias,
              .y = y,
              .accumulate = Accumulate::no},
             images);
}

void Winograd::backward_input(const float* dy, float* dx, Accumulate accumulate, core::Part images) {
    convolve({.in = out_,
              .out = in_,
              .tiling = tiling_of(in_, 2 - shape_.window.vertical.before(shape_.height)),
              .x = dy,
              .packed = backward_weights_.data(),
              .bias = nullptr,
              .y = dx,
              .accumulate = accumulate},
             images);
}

void Winograd::backward_weights(const float* x, const float* dy, float* dw, float* db, core::Part images) {
    const Tiling tiling = tiling_of(out_, shape_.window.vertical.before(shape_.height));
    const std::size_t tiles = (images.end - images.begin) * tiling.down * tiling.across;
    if (images.begin == 0) {
        std::ranges::fill(weight_sums_, 0.0F);
        std::ranges::fill(bias_sums_, 0.0);
    }
    for (std::size_t first = 0; first < tiles; first += group_)
        add_weight_sums(tiling, first, std::min(group_, tiles - first), x, dy);
    if (images.end == shape_.count) finish_weights(dw, db);
}

void Winograd::add_weight_sums(const Tiling& tiling, std::size_t first, std::size_t count, const float* x,
                               const float* dy) {
    const std::size_t in_stride = point_stride(in_.blocks, group_);
    const std::size_t out_stride = point_stride(out_.blocks, group_);
    core::parallel_for(pool_, count, strip, [&](std::size_t begin, std::size_t end) {
        transform_tiles<of_input, reach>(in_, tiling, tiling.before, x, first + begin, end - begin,
                                         inputs_.data() + begin * lanes);
        transform_tiles<of_gradient, side>(out_, tiling, 0, dy, first + begin, end - begin,
                                           gradients_.data() + begin * lanes);
    });
    core::parallel_for(pool_, points, 1, [&](std::size_t begin, std::size_t end) {
        float* sums = weight_sums_.data() + begin * out_.blocks * in_.blocks * lanes * lanes;
        for (std::size_t point = begin; point < end; ++point) {
            for (std::size_t out = 0; out < out_.blocks; ++out) {
                for (std::size_t in = 0; in < in_.blocks; ++in, sums += lanes * lanes) {
                    multiply_outer(count, inputs_.data() + point * in_stride + in * group_ * lanes,
                                   gradients_.data() + point * out_stride + out * group_ * lanes, sums);
                }
            }
        }
    });
    // At the point (1, 1) every output of a tile counts once. In double precision from the first tile on, so that no
    // border of a group counts.
    for (std::size_t out = 0; out < out_.blocks; ++out) {
        const float* all = gradients_.data() + (reach + 1) * out_stride + out * group_ * lanes;
        double* sums = bias_sums_.data() + out * lanes;
        for (std::size_t t = 0; t < count; ++t, all += lanes)
            for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += static_cast<double>(all[lane]);
    }
}

void Winograd::finish_weights(float* dw, float* db) const {
    const std::size_t point_sums = out_.blocks * shape_.channels_in * lanes;
    for (std::size_t out = 0; out < out_.blocks; ++out) {
        for (std::size_t channel = 0; channel < shape_.channels_in; ++channel) {
            const float* from = weight_sums_.data() + (out * shape_.channels_in + channel) * lanes;
            transform<to_weights, reach, 3>(
                [&](std::size_t i, std::size_t j) { return load(from + (i * reach + j) * point_sums); },
                [&](std::size_t i, std::size_t j, const Vector& value) {
                    store(value,
                          dw + ((i * 3 + j) * shape_.channels_in + channel) * shape_.weight_stride + out * lanes);
                });
        }
    }
    for (std::size_t channel = 0; channel < shape_.channels_out; ++channel)
        db[channel] = static_cast<float>(bias_sums_[channel]);
}

}  // namespace ensemble::compute
