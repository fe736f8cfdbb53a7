#include "compute/pooling.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/contract.hpp"

namespace compute {
namespace {

/// The part of a window that lies inside one axis of the image.
struct Extent {
    std::size_t begin;  ///< in the image
    std::size_t end;
    std::size_t skipped;  ///< elements of the window before the image's edge
};

Extent inside(const Window& window, std::size_t before, std::size_t position, std::size_t extent) {
    const std::size_t first = position * window.stride;  // in the padded image
    const std::size_t begin = first < before ? 0 : first - before;
    return {begin, std::min(first + window.size - before, extent), first < before ? before - first : 0};
}

/// Channels treated in one go: a few vector registers.
constexpr std::size_t most_lanes = 64;

/// Calls use(first channel element of the window's output, rows, columns, lanes, image base) for every window of
/// every image and group of channels. Offsets count floats.
template <class Lanes, class Use>
void for_windows_of(const Images& in, const Window& window, Lanes lanes_of, Use use) {
    const Images out = pooled(in, window);
    const std::size_t above = window.before(in.height);
    const std::size_t left = window.before(in.width);
    for (std::size_t plane = 0; plane < in.count * in.blocks(); ++plane) {
        const std::size_t in_base = plane * in.pixels() * in.block;
        const std::size_t out_base = plane * out.pixels() * in.block;
        for (std::size_t row = 0; row < out.height; ++row) {
            const Extent rows = inside(window, above, row, in.height);
            for (std::size_t column = 0; column < out.width; ++column) {
                const Extent columns = inside(window, left, column, in.width);
                const std::size_t at = out_base + (row * out.width + column) * in.block;
                for (std::size_t lane = 0; lane < in.block; lane += most_lanes)
                    use(at + lane, rows, columns, lanes_of(lane), in_base + lane);
            }
        }
    }
}

using Sixteen = std::integral_constant<std::size_t, 16>;

template <class Lanes>
constexpr bool is_one_register = std::is_same_v<Lanes, Sixteen>;

/// As above, with a number of lanes that the compiler knows where it can be known.
template <class Use>
void for_windows(const Images& in, const Window& window, Use use) {
    if (in.block == Sixteen::value) {
        for_windows_of(
            in, window, [](std::size_t) { return Sixteen{}; }, use);
    } else {
        const auto lanes_of = [&](std::size_t lane) { return std::min(most_lanes, in.block - lane); };
        for_windows_of(in, window, lanes_of, use);
    }
}

/// Of an element within its window, counted row by row.
std::uint32_t place_of(const Window& window, std::size_t row, Extent rows, std::size_t column, Extent columns) {
    return static_cast<std::uint32_t>((row - rows.begin + rows.skipped) * window.size + column - columns.begin +
                                      columns.skipped);
}

bool overlaps(const Window& window) {
    return window.size > window.stride;
}

/// Sixteen channels at a time, in a register or two. Left to itself the compiler takes loops over them to memory.
using Values [[gnu::vector_size(64)]] = float;
using Places [[gnu::vector_size(64)]] = std::int32_t;
using PlaceBytes [[gnu::vector_size(16)]] = std::uint8_t;

void max_of_window(const Images& in, const Window& window, const float* base, Extent rows, Extent columns, float* y,
                   std::uint8_t* chosen) {
    const Values infinity = Values{} + std::numeric_limits<float>::infinity();
    Values best{};
    Places place{};
    bool first = true;
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
        for (std::size_t column = columns.begin; column < columns.end; ++column) {
            Values x;
            std::memcpy(&x, base + (row * in.width + column) * in.block, sizeof(x));
            const Places here = Places{} + static_cast<std::int32_t>(place_of(window, row, rows, column, columns));
            const Places larger = ~(x <= best) & (best <= infinity);  // a NaN wins, and stays
            best = first ? x : (larger ? x : best);
            place = first ? here : (larger ? here : place);
            first = false;
        }
    }
    const auto bytes = __builtin_convertvector(place, PlaceBytes);
    std::memcpy(y, &best, sizeof(best));
    std::memcpy(chosen, &bytes, sizeof(bytes));
}

/// Gives the gradient of a window to the element that was chosen; the others get zero.
void spread_gradient(const Images& in, const Window& window, const float* dy, const std::uint8_t* chosen, Extent rows,
                     Extent columns, bool adds, float* base) {
    Values gradient;
    PlaceBytes bytes;
    std::memcpy(&gradient, dy, sizeof(gradient));
    std::memcpy(&bytes, chosen, sizeof(bytes));
    const auto place = __builtin_convertvector(bytes, Places);
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
        for (std::size_t column = columns.begin; column < columns.end; ++column) {
            float* to = base + (row * in.width + column) * in.block;
            const auto here = static_cast<std::int32_t>(place_of(window, row, rows, column, columns));
            Values share = place == here ? gradient : Values{};
            if (adds) {
                Values before;
                std::memcpy(&before, to, sizeof(before));
                share += before;
            }
            std::memcpy(to, &share, sizeof(share));
        }
    }
}

/// The same for any number of channels up to most_lanes.
void max_of_window(const Images& in, const Window& window, const float* base, Extent rows, Extent columns,
                   std::size_t lanes, float* y, std::uint8_t* chosen) {
    // Places as wide as values, so that one comparison chooses both.
    std::array<float, most_lanes> best;
    std::array<std::uint32_t, most_lanes> place;
    bool first = true;
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
        for (std::size_t column = columns.begin; column < columns.end; ++column) {
            const float* x = base + (row * in.width + column) * in.block;
            const std::uint32_t here = place_of(window, row, rows, column, columns);
            if (first) {
                for (std::size_t i = 0; i < lanes; ++i) best[i] = x[i];
                for (std::size_t i = 0; i < lanes; ++i) place[i] = here;
                first = false;
                continue;
            }
#pragma omp simd
            for (std::size_t i = 0; i < lanes; ++i) {
                const bool larger = !(x[i] <= best[i]) && best[i] == best[i];  // a NaN wins, and stays
                place[i] = larger ? here : place[i];
                best[i] = larger ? x[i] : best[i];
            }
        }
    }
    std::copy_n(best.begin(), lanes, y);
#pragma omp simd
    for (std::size_t i = 0; i < lanes; ++i) chosen[i] = static_cast<std::uint8_t>(place[i]);
}

}  // namespace

Images pooled(const Images& in, const Window& window) {
    Images out = in;
    out.height = window.positions(in.height);
    out.width = window.positions(in.width);
    return out;
}

void max_pool(const Images& in, const Window& window, const float* x, float* y, std::span<std::uint8_t> chosen) {
    core::require(window.size * window.size <= 256, "a place in a window fits a byte");
    core::require(chosen.size() >= pooled(in, window).elements(), "every window remembers its choice");
    for_windows(in, window, [&](std::size_t at, Extent rows, Extent columns, auto lanes, std::size_t base) {
        if constexpr (is_one_register<decltype(lanes)>) {
            max_of_window(in, window, x + base, rows, columns, y + at, chosen.data() + at);
        } else {
            max_of_window(in, window, x + base, rows, columns, lanes, y + at, chosen.data() + at);
        }
    });
}

void max_pool_backward(const Images& in, const Window& window, const float* dy, std::span<const std::uint8_t> chosen,
                       float* dx) {
    const bool adds = overlaps(window);
    // Without overlap every element belongs to one window, unless the stride skips it or the edge cuts windows off.
    const Images out = pooled(in, window);
    const bool covers = window.stride == window.size && out.height * window.stride >= in.height &&
                        out.width * window.stride >= in.width;
    if (adds || !covers) std::fill_n(dx, in.elements(), 0.0F);
    for_windows(in, window, [&](std::size_t at, Extent rows, Extent columns, auto lanes, std::size_t base) {
        if constexpr (is_one_register<decltype(lanes)>) {
            return spread_gradient(in, window, dy + at, chosen.data() + at, rows, columns, adds, dx + base);
        }
        // Copies, which nothing written below can change: bytes could be anybody's.
        std::array<float, most_lanes> gradient;
        std::array<std::uint32_t, most_lanes> place;
        for (std::size_t i = 0; i < lanes; ++i) gradient[i] = dy[at + i];
#pragma omp simd
        for (std::size_t i = 0; i < lanes; ++i) place[i] = chosen[at + i];
        for (std::size_t row = rows.begin; row < rows.end; ++row) {
            for (std::size_t column = columns.begin; column < columns.end; ++column) {
                float* to = dx + base + (row * in.width + column) * in.block;
                const std::uint32_t here = place_of(window, row, rows, column, columns);
                if (adds) {
                    for (std::size_t i = 0; i < lanes; ++i) to[i] += place[i] == here ? gradient[i] : 0.0F;
                } else {
                    for (std::size_t i = 0; i < lanes; ++i) to[i] = place[i] == here ? gradient[i] : 0.0F;
                }
            }
        }
    });
}

void average_pool(const Images& in, const Window& window, const float* x, float* y) {
    for_windows(in, window, [&](std::size_t at, Extent rows, Extent columns, auto lanes, std::size_t base) {
        std::array<float, most_lanes> sum{};
        for (std::size_t row = rows.begin; row < rows.end; ++row) {
            for (std::size_t column = columns.begin; column < columns.end; ++column) {
                const float* from = x + base + (row * in.width + column) * in.block;
                for (std::size_t i = 0; i < lanes; ++i) sum[i] += from[i];
            }
        }
        const auto share = 1.0F / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
        for (std::size_t i = 0; i < lanes; ++i) y[at + i] = share * sum[i];
    });
}

void average_pool_backward(const Images& in, const Window& window, const float* dy, float* dx) {
    std::fill_n(dx, in.elements(), 0.0F);
    for_windows(in, window, [&](std::size_t at, Extent rows, Extent columns, auto lanes, std::size_t base) {
        const auto share = 1.0F / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
        for (std::size_t row = rows.begin; row < rows.end; ++row) {
            for (std::size_t column = columns.begin; column < columns.end; ++column) {
                float* to = dx + base + (row * in.width + column) * in.block;
                for (std::size_t i = 0; i < lanes; ++i) to[i] += share * dy[at + i];
            }
        }
    });
}

}  // namespace compute
