#include "compute/pooling.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "compute/vector.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

/// The part of a window that lies inside one axis of the image.
struct Extent {
    std::size_t begin;  ///< in the image
    std::size_t end;
    std::size_t skipped;  ///< elements of the window before the image's edge

    [[nodiscard]] bool is_empty() const noexcept { return begin >= end; }
};

/// What of the rows lies above `height`, where these are told.
Extent above(Extent rows, Heights heights, std::size_t image) {
    if (!heights.empty()) rows.end = std::min(rows.end, heights[image]);
    return rows;
}

/// One axis of the image with its windows.
struct Axis {
    Axis(const Window& window, std::size_t image_extent)
        : size(window.size), stride(window.stride), before(window.before(image_extent)), extent(image_extent) {}

    [[nodiscard]] Extent inside(std::size_t position) const {
        const std::size_t first = position * stride;  // in the padded image
        const std::size_t begin = first < before ? 0 : first - before;
        return {begin, std::min(first + size - before, extent), first < before ? before - first : 0};
    }

    std::size_t size;
    std::size_t stride;
    std::size_t before;
    std::size_t extent;
};

/// Channels treated in one go: a few vector registers.
constexpr std::size_t most_lanes = 64;

/// A whole block of channels, as a number that the compiler knows.
using Block = std::integral_constant<std::size_t, lanes>;

/// Calls use(first channel element of the window's output, rows, columns, lanes, image base) for every window of
/// every image and group of channels. Offsets count floats.
template <class Lanes, class Use>
void for_windows_of(const Images& in, const ImageWindow& window, Heights heights, Lanes lanes_of, Use use) {
    const Images out = pooled(in, window);
    const Axis vertical(window.vertical, in.height);
    const Axis horizontal(window.horizontal, in.width);
    for (std::size_t plane = 0; plane < in.count * in.blocks(); ++plane) {
        const std::size_t in_base = plane * in.pixels() * in.block;
        const std::size_t out_base = plane * out.pixels() * in.block;
        for (std::size_t row = 0; row < out.height; ++row) {
            const Extent rows = above(vertical.inside(row), heights, plane / in.blocks());
            for (std::size_t column = 0; column < out.width; ++column) {
                const Extent columns = horizontal.inside(column);
                const std::size_t at = out_base + (row * out.width + column) * in.block;
                for (std::size_t lane = 0; lane < in.block; lane += most_lanes)
                    use(at + lane, rows, columns, lanes_of(lane), in_base + lane);
            }
        }
    }
}

/// As above, with a number of lanes that the compiler knows where it can be known.
template <class Use>
void for_windows(const Images& in, const ImageWindow& window, Heights heights, Use use) {
    if (in.block == lanes) {
        for_windows_of(
            in, window, heights, [](std::size_t) { return Block{}; }, use);
    } else {
        const auto lanes_of = [&](std::size_t lane) { return std::min(most_lanes, in.block - lane); };
        for_windows_of(in, window, heights, lanes_of, use);
    }
}

/// Number of an element in its window, which counts elements outside the image too.
std::uint8_t place_in(const ImageWindow& window, Extent rows, Extent columns, std::size_t row, std::size_t column) {
    return static_cast<std::uint8_t>((row - rows.begin + rows.skipped) * window.horizontal.size + column -
                                     columns.begin + columns.skipped);
}

bool overlaps(const ImageWindow& window) {
    return window.vertical.size > window.vertical.stride || window.horizontal.size > window.horizontal.stride;
}

/// True if the windows leave out no element of an axis of `extent`.
bool covers(const Window& window, std::size_t extent) {
    return window.stride <= window.size && window.positions(extent) * window.stride >= extent;
}

/// The largest of a window's values, channel by channel, and its place in the window. A NaN wins, and stays.
void max_of_window(const Images& in, const ImageWindow& window, const float* base, Extent rows, Extent columns,
                   std::size_t count, float* y, std::uint8_t* chosen) {
    std::array<float, most_lanes> best;
    std::array<std::uint8_t, most_lanes> place;
    bool first = true;
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
        for (std::size_t column = columns.begin; column < columns.end; ++column) {
            const float* x = base + (row * in.width + column) * in.block;
            const auto here = place_in(window, rows, columns, row, column);
            if (first) {
                for (std::size_t i = 0; i < count; ++i) best[i] = x[i];
                for (std::size_t i = 0; i < count; ++i) place[i] = here;
                first = false;
                continue;
            }
            for (std::size_t i = 0; i < count; ++i) {
                const bool larger = !(x[i] <= best[i]) && best[i] == best[i];
                place[i] = larger ? here : place[i];
                best[i] = larger ? x[i] : best[i];
            }
        }
    }
    std::copy_n(best.begin(), count, y);
    std::copy_n(place.begin(), count, chosen);
}

/// The same for a whole block of channels.
void max_of_window(const Images& in, const ImageWindow& window, const float* base, Extent rows, Extent columns, Block,
                   float* y, std::uint8_t* chosen) {
    const float* row_begin = base + (rows.begin * in.width + columns.begin) * lanes;
    Vector best = load(row_begin);
    Integers place = Integers{} + place_in(window, rows, columns, rows.begin, columns.begin);
    for (std::size_t row = rows.begin; row < rows.end; ++row, row_begin += in.width * lanes) {
        const float* x = row_begin;
        for (std::size_t column = columns.begin; column < columns.end; ++column, x += lanes) {
            const Vector value = load(x);
            const Integers larger = ~(value <= best) & (best == best);  // NOLINT(misc-redundant-expression): no NaN
            place = larger ? Integers{} + place_in(window, rows, columns, row, column) : place;
            best = larger ? value : best;
        }
    }
    store(best, y);
    store(place, chosen);
}

/// Puts or adds each channel's gradient where its largest value came from, and zero elsewhere.
template <bool adds>
void spread(std::uint8_t here, const float* gradient, const std::uint8_t* place, std::size_t count, float* to) {
    for (std::size_t i = 0; i < count; ++i) {
        const float share = place[i] == here ? gradient[i] : 0.0F;
        to[i] = adds ? to[i] + share : share;
    }
}
template <bool adds>
void spread(std::uint8_t here, const float* gradient, const std::uint8_t* place, Block, float* to) {
    const Vector share = load(place) == here ? load(gradient) : Vector{};
    store(adds ? load(to) + share : share, to);
}

}  // namespace

Images pooled(const Images& in, const ImageWindow& window) {
    Images out = in;
    out.height = window.vertical.positions(in.height);
    out.width = window.horizontal.positions(in.width);
    return out;
}

void max_pool(const Images& in, const ImageWindow& window, const float* x, float* y, std::span<std::uint8_t> chosen,
              Heights heights) {
    core::require(window.area() <= 256, "a place in a window fits a byte");
    core::require(chosen.size() >= pooled(in, window).elements(), "every window remembers its choice");
    for_windows(in, window, heights, [&](std::size_t at, Extent rows, Extent columns, auto count, std::size_t base) {
        if (rows.is_empty()) {
            std::fill_n(y + at, std::size_t{count}, 0.0F);
        } else {
            max_of_window(in, window, x + base, rows, columns, count, y + at, chosen.data() + at);
        }
    });
}

void max_pool_backward(const Images& in, const ImageWindow& window, const float* dy,
                       std::span<const std::uint8_t> chosen, float* dx, Heights heights) {
    // Without overlap every element belongs to one window, unless the stride skips it or the edge cuts windows off.
    const bool once = heights.empty() && !overlaps(window) && covers(window.vertical, in.height) &&
                      covers(window.horizontal, in.width);
    if (!once) std::fill_n(dx, in.elements(), 0.0F);
    const auto spread_all = [&]<bool adds>() {
        for_windows(in, window, heights,
                    [&](std::size_t at, Extent rows, Extent columns, auto count, std::size_t base) {
                        for (std::size_t row = rows.begin; row < rows.end; ++row) {
                            for (std::size_t column = columns.begin; column < columns.end; ++column) {
                                spread<adds>(place_in(window, rows, columns, row, column), dy + at, chosen.data() + at,
                                             count, dx + base + (row * in.width + column) * in.block);
                            }
                        }
                    });
    };
    if (overlaps(window)) {
        spread_all.operator()<true>();
    } else {
        spread_all.operator()<false>();
    }
}

void average_pool(const Images& in, const ImageWindow& window, const float* x, float* y, Heights heights) {
    for_windows(in, window, heights, [&](std::size_t at, Extent rows, Extent columns, auto count, std::size_t base) {
        std::array<float, most_lanes> sum{};
        for (std::size_t row = rows.begin; row < rows.end; ++row) {
            for (std::size_t column = columns.begin; column < columns.end; ++column) {
                const float* from = x + base + (row * in.width + column) * in.block;
                for (std::size_t i = 0; i < count; ++i) sum[i] += from[i];
            }
        }
        if (rows.is_empty()) rows.end = rows.begin + 1;  // a mean of nothing is 0
        const auto share = 1.0F / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
        for (std::size_t i = 0; i < count; ++i) y[at + i] = share * sum[i];
    });
}

void average_pool_backward(const Images& in, const ImageWindow& window, const float* dy, float* dx, Heights heights) {
    std::fill_n(dx, in.elements(), 0.0F);
    for_windows(in, window, heights, [&](std::size_t at, Extent rows, Extent columns, auto count, std::size_t base) {
        if (rows.is_empty()) return;
        const auto share = 1.0F / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
        for (std::size_t row = rows.begin; row < rows.end; ++row) {
            for (std::size_t column = columns.begin; column < columns.end; ++column) {
                float* to = dx + base + (row * in.width + column) * in.block;
                for (std::size_t i = 0; i < count; ++i) to[i] += share * dy[at + i];
            }
        }
    });
}

namespace {

/// Pixels of an image that count, which are the first of each block of channels.
std::size_t pixels_of(const Images& in, Heights heights, std::size_t item) {
    return heights.empty() ? in.pixels() : heights[item] * in.width;
}

/// A mean of nothing is 0.
float share_of(std::size_t pixels) {
    return 1.0F / static_cast<float>(std::max<std::size_t>(pixels, 1));
}

}  // namespace

void global_average(const Images& in, const float* x, std::size_t x_stride, float* y, std::size_t y_stride,
                    Heights heights) {
    for (std::size_t item = 0; item < in.count; ++item, y += y_stride) {
        const std::size_t pixels = pixels_of(in, heights, item);
        const float share = share_of(pixels);
        std::fill_n(y, in.channels, 0.0F);
        for (std::size_t first = 0; first < in.channels; first += in.block) {
            const float* from = x + item * x_stride + first * in.pixels();
            for (std::size_t pixel = 0; pixel < pixels; ++pixel, from += in.block)
                for (std::size_t i = 0; i < in.block; ++i) y[first + i] += from[i];
        }
        for (std::size_t i = 0; i < in.channels; ++i) y[i] *= share;
    }
}

void global_average_backward(const Images& in, const float* dy, std::size_t dy_stride, Accumulate accumulate, float* dx,
                             std::size_t dx_stride, Heights heights) {
    const float kept = accumulate == Accumulate::yes ? 1.0F : 0.0F;
    for (std::size_t item = 0; item < in.count; ++item, dy += dy_stride) {
        const std::size_t pixels = pixels_of(in, heights, item);
        const float share = share_of(pixels);
        for (std::size_t first = 0; first < in.channels; first += in.block) {
            float* to = dx + item * dx_stride + first * in.pixels();
            for (std::size_t pixel = 0; pixel < pixels; ++pixel, to += in.block)
                for (std::size_t i = 0; i < in.block; ++i) to[i] = kept * to[i] + share * dy[first + i];
            for (std::size_t i = 0; accumulate == Accumulate::no && i < (in.pixels() - pixels) * in.block; ++i)
                to[i] = 0.0F;
        }
    }
}

}  // namespace ensemble::compute
