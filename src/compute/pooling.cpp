#include "compute/pooling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "compute/vector.hpp"
#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

/// The part of a window that lies inside one axis of the image.
struct Extent {
    std::size_t begin;  ///< in the image
    std::size_t end;
    std::size_t skipped;  ///< elements of the window before the image's edge
    std::size_t window;   ///< elements of the whole window

    [[nodiscard]] std::size_t size() const noexcept { return begin < end ? end - begin : 0; }
};

/// A window that lies in the image as a whole, of a size that the compiler knows.
template <std::size_t Size>
struct Whole {
    std::size_t begin;

    static constexpr std::size_t skipped = 0;
    static constexpr std::size_t window = Size;
    [[nodiscard]] static constexpr std::size_t size() noexcept { return Size; }
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
        return {begin, std::min(first + size - before, extent), first < before ? before - first : 0, size};
    }

    /// The positions whose windows lie in the image as a whole: from the first on, to before the second.
    [[nodiscard]] std::pair<std::size_t, std::size_t> whole() const {
        if (extent + before < size) return {0, 0};
        return {(before + stride - 1) / stride, (extent + before - size) / stride + 1};
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
/// every image and group of channels. Offsets count floats. Windows of `Size` × `Size` that lie in the image as a whole
/// come as such; a size of 0 is none.
template <std::size_t Size, class Lanes, class Use>
void for_windows_of(const Images& in, const ImageWindow& window, Heights heights, Lanes lanes_of, Use use) {
    const Images out = pooled(in, window);
    const Axis vertical(window.vertical, in.height);
    const Axis horizontal(window.horizontal, in.width);
    const auto [first_whole, behind_whole] = horizontal.whole();
    for (std::size_t plane = 0; plane < in.count * in.blocks(); ++plane) {
        const std::size_t in_base = plane * in.pixels() * in.block;
        const std::size_t out_base = plane * out.pixels() * in.block;
        for (std::size_t row = 0; row < out.height; ++row) {
            const Extent rows = above(vertical.inside(row), heights, plane / in.blocks());
            std::size_t at = out_base + row * out.width * in.block;
            const auto any = [&](std::size_t begin, std::size_t end) {
                for (std::size_t column = begin; column < end; ++column, at += in.block) {
                    for (std::size_t lane = 0; lane < in.block; lane += most_lanes)
                        use(at + lane, rows, horizontal.inside(column), lanes_of(lane), in_base + lane);
                }
            };
            if constexpr (Size > 0) {
                if (rows.size() == Size && first_whole < behind_whole) {
                    any(0, first_whole);
                    std::size_t left = first_whole * horizontal.stride - horizontal.before;
                    for (std::size_t i = first_whole; i < behind_whole; ++i, at += lanes, left += horizontal.stride)
                        use(at, Whole<Size>{rows.begin}, Whole<Size>{left}, Block{}, in_base);
                    any(behind_whole, out.width);
                    continue;
                }
            }
            any(0, out.width);
        }
    }
}

/// As above, with a number of lanes and a size of windows that the compiler knows where they can be known.
template <class Use>
void for_windows(const Images& in, const ImageWindow& window, Heights heights, Use use) {
    if (in.block == lanes) {
        const auto one_block = [](std::size_t) { return Block{}; };
        const std::size_t size = window.vertical.size == window.horizontal.size ? window.vertical.size : 0;
        if (size == 2) return for_windows_of<2>(in, window, heights, one_block, use);
        if (size == 3) return for_windows_of<3>(in, window, heights, one_block, use);
        for_windows_of<0>(in, window, heights, one_block, use);
    } else {
        const auto lanes_of = [&](std::size_t lane) { return std::min(most_lanes, in.block - lane); };
        for_windows_of<0>(in, window, heights, lanes_of, use);
    }
}

/// Number of an element in its window, which counts elements outside the image too.
template <class Part>
std::uint8_t place_in(const Part& rows, const Part& columns, std::size_t row, std::size_t column) {
    return static_cast<std::uint8_t>((row + rows.skipped) * columns.window + column + columns.skipped);
}

/// Calls use(element, its place in the window) for what of a window lies in the image, row by row; elements count
/// pixels of the image.
template <class Part, class Use>
void for_elements(const Images& in, const Part& rows, const Part& columns, Use use) {
    const std::size_t height = rows.size();
    const std::size_t width = columns.size();
#pragma GCC unroll 3
    for (std::size_t row = 0; row < height; ++row) {
        const std::size_t first = (rows.begin + row) * in.width + columns.begin;
#pragma GCC unroll 3
        for (std::size_t column = 0; column < width; ++column)
            use(first + column, place_in(rows, columns, row, column));
    }
}

bool overlaps(const ImageWindow& window) {
    return window.vertical.size > window.vertical.stride || window.horizontal.size > window.horizontal.stride;
}

/// True if the windows leave out no element of an axis of `extent`.
bool covers(const Window& window, std::size_t extent) {
    return window.stride <= window.size && window.positions(extent) * window.stride >= extent;
}

bool has_nan(const Vector& vector) {
    bool has = false;
    for (std::size_t i = 0; i < lanes; ++i) has = has || std::isnan(vector[i]);
    return has;
}

/// The largest of a window's values and its place, channel by channel.
struct Largest {
    Vector value;
    Integers place;
};

/// Of a whole block of channels. A NaN wins, and stays.
template <class Part>
Largest largest_or_nan(const Images& in, const float* base, const Part& rows, const Part& columns) {
    Largest best{load(base + (rows.begin * in.width + columns.begin) * lanes),
                 Integers{} + place_in(rows, columns, 0, 0)};
    for_elements(in, rows, columns, [&](std::size_t element, std::uint8_t here) {
        const Vector value = load(base + element * lanes);
        const Integers larger =
            ~(value <= best.value) & (best.value == best.value);  // NOLINT(misc-redundant-expression)
        best.place = larger ? Integers{} + here : best.place;
        best.value = larger ? value : best.value;
    });
    return best;
}

/// The same at half the cost where all values are numbers; adds them up in `sum`, which is a number only then.
template <class Part>
Largest largest_number(const Images& in, const float* base, const Part& rows, const Part& columns, Vector& sum) {
    Largest best{load(base + (rows.begin * in.width + columns.begin) * lanes),
                 Integers{} + place_in(rows, columns, 0, 0)};
    Vector of_window{};
    for_elements(in, rows, columns, [&](std::size_t element, std::uint8_t here) {
        const Vector value = load(base + element * lanes);
        const Integers larger = value > best.value;
        best.place = larger ? Integers{} + here : best.place;
        best.value = larger ? value : best.value;
        of_window += value;
    });
    sum += of_window;
    return best;
}

/// Of any number of channels. A NaN wins, and stays.
void max_of_window(const Images& in, const float* base, const Extent& rows, const Extent& columns, std::size_t count,
                   float* y, std::uint8_t* chosen) {
    std::array<float, most_lanes> best;
    std::array<std::uint8_t, most_lanes> place;
    bool first = true;
    for_elements(in, rows, columns, [&](std::size_t element, std::uint8_t here) {
        const float* x = base + element * in.block;
        if (first) {
            for (std::size_t i = 0; i < count; ++i) best[i] = x[i];
            for (std::size_t i = 0; i < count; ++i) place[i] = here;
            first = false;
            return;
        }
        for (std::size_t i = 0; i < count; ++i) {
            const bool larger = !(x[i] <= best[i]) && best[i] == best[i];
            place[i] = larger ? here : place[i];
            best[i] = larger ? x[i] : best[i];
        }
    });
    std::copy_n(best.begin(), count, y);
    std::copy_n(place.begin(), count, chosen);
}

/// Puts or adds each channel's gradient where its largest value came from, and zero elsewhere.
template <bool adds>
void spread(std::uint8_t here, const float* gradient, const std::uint8_t* place, std::size_t count, float* to) {
    for (std::size_t i = 0; i < count; ++i) {
        const float share = place[i] == here ? gradient[i] : 0.0F;
        to[i] = adds ? to[i] + share : share;
    }
}

template <bool adds, class Part>
void spread_over_window(const Images& in, const Part& rows, const Part& columns, const float* dy,
                        const std::uint8_t* chosen, std::size_t count, float* base) {
    for_elements(in, rows, columns, [&](std::size_t element, std::uint8_t here) {
        spread<adds>(here, dy, chosen, count, base + element * in.block);
    });
}

/// The same for a whole block of channels.
template <bool adds, class Part>
void spread_over_window(const Images& in, const Part& rows, const Part& columns, const float* dy,
                        const std::uint8_t* chosen, Block, float* base) {
    const Vector gradient = load(dy);
    const Integers place = load(chosen);
    for_elements(in, rows, columns, [&](std::size_t element, std::uint8_t here) {
        float* to = base + element * lanes;
        const Vector share = place == here ? gradient : Vector{};
        store(adds ? load(to) + share : share, to);
    });
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
    Vector sum{};
    const auto pool = [&]<bool numbers>() {
        for_windows(in, window, heights, [&](std::size_t at, auto rows, auto columns, auto count, std::size_t base) {
            if (rows.size() == 0) {
                std::fill_n(y + at, std::size_t{count}, 0.0F);
            } else if constexpr (std::is_same_v<decltype(count), Block>) {
                const Largest best = numbers ? largest_number(in, x + base, rows, columns, sum)
                                             : largest_or_nan(in, x + base, rows, columns);
                store(best.value, y + at);
                store(best.place, chosen.data() + at);
            } else {
                max_of_window(in, x + base, rows, columns, count, y + at, chosen.data() + at);
            }
        });
    };
    pool.operator()<true>();
    if (has_nan(sum)) pool.operator()<false>();
}

void max_pool_backward(const Images& in, const ImageWindow& window, const float* dy,
                       std::span<const std::uint8_t> chosen, float* dx, Heights heights) {
    // Without overlap every element belongs to one window, unless the stride skips it or the edge cuts windows off.
    const bool once = heights.empty() && !overlaps(window) && covers(window.vertical, in.height) &&
                      covers(window.horizontal, in.width);
    if (!once) std::fill_n(dx, in.elements(), 0.0F);
    const auto spread_all = [&]<bool adds>() {
        for_windows(in, window, heights, [&](std::size_t at, auto rows, auto columns, auto count, std::size_t base) {
            spread_over_window<adds>(in, rows, columns, dy + at, chosen.data() + at, count, dx + base);
        });
    };
    if (overlaps(window)) {
        spread_all.operator()<true>();
    } else {
        spread_all.operator()<false>();
    }
}

void average_pool(const Images& in, const ImageWindow& window, const float* x, float* y, Heights heights) {
    for_windows(in, window, heights, [&](std::size_t at, auto rows, auto columns, auto count, std::size_t base) {
        std::array<float, most_lanes> sum{};
        for_elements(in, rows, columns, [&](std::size_t element, std::uint8_t) {
            const float* from = x + base + element * in.block;
            for (std::size_t i = 0; i < count; ++i) sum[i] += from[i];
        });
        // A mean of nothing is 0.
        const auto share = 1.0F / static_cast<float>(std::max<std::size_t>(rows.size(), 1) * columns.size());
        for (std::size_t i = 0; i < count; ++i) y[at + i] = share * sum[i];
    });
}

void average_pool_backward(const Images& in, const ImageWindow& window, const float* dy, float* dx, Heights heights) {
    std::fill_n(dx, in.elements(), 0.0F);
    for_windows(in, window, heights, [&](std::size_t at, auto rows, auto columns, auto count, std::size_t base) {
        if (rows.size() == 0) return;
        const auto share = 1.0F / static_cast<float>(rows.size() * columns.size());
        for_elements(in, rows, columns, [&](std::size_t element, std::uint8_t) {
            float* to = dx + base + element * in.block;
            for (std::size_t i = 0; i < count; ++i) to[i] += share * dy[at + i];
        });
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
