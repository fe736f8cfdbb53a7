#include "data/image_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

#include <spng.h>
#include <turbojpeg.h>

#include "core/error.hpp"
#include "core/path.hpp"
#include "data/file_bytes.hpp"
#include "data/gzip.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;
namespace fs = std::filesystem;
using Bytes = std::vector<unsigned char>;

constexpr std::uint64_t most_file_bytes = std::uint64_t{1} << 30U;
constexpr std::uint8_t opaque = 255;

[[noreturn]] void refuse_damage(const fs::path& path, std::string_view kind, std::string_view why) {
    fail(Failure::data, "{}: is no {} file that can be read: {}; fetch or write the file again, or remove it",
         path.string(), kind, why);
}

void check_extents(const fs::path& path, std::uint64_t height, std::uint64_t width) {
    // Neither exceeds 2^31, so that the product fits.
    if (height * width <= most_pixels) return;
    fail(Failure::data, "{}: declares {}×{} pixels, more than {} million; make it smaller", path.string(), height,
         width, most_pixels / 1'000'000);
}

Bytes read_all(const fs::path& path) {
    std::error_code error;
    const std::uint64_t size = fs::file_size(path, error);
    if (!error && size > most_file_bytes)
        fail(Failure::data, "{}: has {} bytes, too many for a picture", path.string(), size);
    FileBytes file(path);
    Bytes bytes(file.is_compressed() ? 0 : file.most_bytes());
    bytes.resize(file.read(std::as_writable_bytes(std::span(bytes))));
    return bytes;
}

/// One channel or three of four, before white.
Picture without_alpha(std::span<const std::uint8_t> rgba, std::size_t height, std::size_t width, std::size_t channels) {
    Picture picture{height, width, channels, core::Buffer<std::uint8_t>(height * width * channels)};
    for (std::size_t pixel = 0; pixel < height * width; ++pixel) {
        const std::span<const std::uint8_t> from = rgba.subspan(4 * pixel, 4);
        const unsigned alpha = from[3];
        for (std::size_t c = 0; c < channels; ++c) {
            const unsigned blended = (from[c] * alpha + opaque * (opaque - alpha) + opaque / 2U) / opaque;
            picture.pixels[pixel * channels + c] = static_cast<std::uint8_t>(blended);
        }
    }
    return picture;
}

/// What the pixels take before they are packed: rows of samples, each with a byte of its own.
std::uint64_t raw_bytes(const spng_ihdr& header) {
    constexpr std::array<std::uint64_t, 7> samples{1, 1, 3, 1, 2, 1, 4};  // of a pixel, by type
    const std::uint64_t bits = samples.at(header.color_type) * header.bit_depth * header.width;
    return header.height * (1 + (bits + 7) / 8);
}

Picture read_png(const fs::path& path, const Bytes& bytes) {
    struct Free {
        void operator()(spng_ctx* context) const noexcept { spng_ctx_free(context); }
    };
    const std::unique_ptr<spng_ctx, Free> context(spng_ctx_new(0));
    const auto check = [&](int code) {
        if (code != 0) refuse_damage(path, "PNG", spng_strerror(code));
    };
    if (!context) throw std::bad_alloc();
    constexpr std::size_t most_chunk = std::size_t{1} << 24U;
    check(spng_set_chunk_limits(context.get(), most_chunk, 2 * most_chunk));
    check(spng_set_png_buffer(context.get(), bytes.data(), bytes.size()));
    spng_ihdr header{};
    check(spng_get_ihdr(context.get(), &header));
    check_extents(path, header.height, header.width);
    std::size_t size = 0;
    check(spng_decoded_image_size(context.get(), SPNG_FMT_RGBA8, &size));
    if (raw_bytes(header) > bytes.size() * most_deflate_ratio)
        refuse_damage(path, "PNG", "it is too short for its pixels");
    require_memory(path, size);
    core::Buffer<std::uint8_t> rgba(size);
    check(spng_decode_image(context.get(), rgba.data(), size, SPNG_FMT_RGBA8, SPNG_DECODE_TRNS));
    check(spng_decode_chunks(context.get()));  // whatever is checked behind the pixels
    const bool is_grey =
        header.color_type == SPNG_COLOR_TYPE_GRAYSCALE || header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA;
    return without_alpha(rgba, header.height, header.width, is_grey ? 1 : 3);
}

Picture read_jpeg(const fs::path& path, const Bytes& bytes) {
    struct Destroy {
        void operator()(void* handle) const noexcept { tjDestroy(handle); }
    };
    const std::unique_ptr<void, Destroy> handle(tjInitDecompress());
    if (!handle) throw std::bad_alloc();
    const auto check = [&](int code) {
        if (code != 0) refuse_damage(path, "JPEG", tjGetErrorStr2(handle.get()));
    };
    int width = 0;
    int height = 0;
    int sampling = 0;
    int colours = 0;
    check(tjDecompressHeader3(handle.get(), bytes.data(), bytes.size(), &width, &height, &sampling, &colours));
    if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
        fail(Failure::data,
             "{}: has the four colours of printers; convert it, for example with mogrify -colorspace sRGB",
             path.string());
    }
    const auto extent = [](int number) { return static_cast<std::size_t>(number); };
    check_extents(path, extent(height), extent(width));
    // A block of 8×8 takes a bit at least, and a colour stands for at most 4×4 pixels.
    constexpr std::size_t most_pixels_of_a_byte = 8 * 64 * 16;
    if (extent(height) * extent(width) / most_pixels_of_a_byte > bytes.size())
        refuse_damage(path, "JPEG", "it is too short for its pixels");
    const std::size_t channels = colours == TJCS_GRAY ? 1 : 3;
    const std::size_t size = extent(height) * extent(width) * channels;
    require_memory(path, size);
    Picture picture{extent(height), extent(width), channels, core::Buffer<std::uint8_t>(size)};
    // What is only a warning to the library is a picture that ends in grey.
    check(tjDecompress2(handle.get(), bytes.data(), bytes.size(), picture.pixels.data(), width, 0, height,
                        channels == 1 ? TJPF_GRAY : TJPF_RGB,
                        TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT));
    return picture;
}

/// What one new pixel takes of the old ones along an axis.
struct Share {
    std::size_t first = 0;
    std::vector<float> weights;
};

std::vector<Share> shares(std::size_t from, std::size_t to) {
    const double step = static_cast<double>(from) / static_cast<double>(to);
    const double reach = std::max(step, 1.0);
    std::vector<Share> all;
    for (std::size_t i = 0; i < to; ++i) {
        const double centre = (static_cast<double>(i) + 0.5) * step;
        const auto first = static_cast<std::size_t>(std::max(std::floor(centre - reach), 0.0));
        const auto end = std::min(from, static_cast<std::size_t>(std::ceil(centre + reach)));
        Share share{first, {}};
        double sum = 0;
        for (std::size_t j = first; j < end; ++j) {
            const double away = std::abs(static_cast<double>(j) + 0.5 - centre) / reach;
            share.weights.push_back(static_cast<float>(std::max(1.0 - away, 0.0)));
            sum += static_cast<double>(share.weights.back());
        }
        for (float& weight : share.weights) weight /= static_cast<float>(sum);
        all.push_back(std::move(share));
    }
    return all;
}

}  // namespace

bool is_picture_name(const fs::path& path) {
    return core::has_extension(path, ".png") || core::has_extension(path, ".jpg") || core::has_extension(path, ".jpeg");
}

Picture read_picture(const fs::path& path) {
    const Bytes bytes = read_all(path);
    const std::string_view begin(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (begin.starts_with("\x89PNG\r\n\x1a\n")) return read_png(path, bytes);
    if (begin.starts_with("\xff\xd8")) return read_jpeg(path, bytes);
    fail(Failure::data, "{}: begins neither as PNG nor as JPEG files do; convert it, fetch it again, or remove it",
         path.string());
}

Picture resized(const Picture& picture, std::size_t height, std::size_t width) {
    const std::vector<Share> down = shares(picture.height, height);
    const std::vector<Share> across = shares(picture.width, width);
    const std::size_t c = picture.channels;
    core::Buffer<float> narrow(picture.height * width * c, 0.0F);
    for (std::size_t row = 0; row < picture.height; ++row) {
        for (std::size_t column = 0; column < width; ++column) {
            const Share& share = across[column];
            float* to = narrow.data() + (row * width + column) * c;
            const std::uint8_t* from = picture.pixels.data() + (row * picture.width + share.first) * c;
            for (const float weight : share.weights)
                for (std::size_t i = 0; i < c; ++i) to[i] += weight * static_cast<float>(*from++);
        }
    }
    Picture made{height, width, c, core::Buffer<std::uint8_t>(height * width * c)};
    std::vector<float> sums(width * c);
    for (std::size_t row = 0; row < height; ++row) {
        std::ranges::fill(sums, 0.0F);
        const float* from = narrow.data() + down[row].first * width * c;
        for (const float weight : down[row].weights)
            for (float& sum : sums) sum += weight * *from++;
        std::ranges::transform(sums, made.pixels.begin() + static_cast<std::ptrdiff_t>(row * width * c), [](float sum) {
            return static_cast<std::uint8_t>(std::clamp(std::lround(sum), 0L, 255L));
        });
    }
    return made;
}

Picture in_colour(const Picture& grey) {
    constexpr std::size_t colours = 3;
    Picture made{grey.height, grey.width, colours, core::Buffer<std::uint8_t>(grey.pixels.size() * colours)};
    for (std::size_t i = 0; i < made.pixels.size(); ++i) made.pixels[i] = grey.pixels[i / colours];
    return made;
}

}  // namespace ensemble::data
