#include "data/digits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "data/digit_strokes.hpp"

namespace ensemble::data {
namespace {

constexpr std::size_t side = 28;
constexpr std::size_t pixels = side * side;
constexpr std::size_t pitch = 32;   // floats per row of the canvas: whole vector registers
constexpr int pieces = 5;           // straight pieces per span between two knots
constexpr float box_width = 13.0F;  // of an undistorted digit, in pixels
constexpr float box_height = 18.5F;

using Canvas = std::array<float, side * pitch>;

struct Point {
    float x = 0;
    float y = 0;
};

struct Nib {
    Point at;
    float radius = 0;
};

float uniform(core::RandomStream& random, double low, double high) {
    return static_cast<float>(random.uniform(low, high));
}

float normal(core::RandomStream& random, double deviation) {
    return static_cast<float>(deviation * random.normal());
}

/// How one writer distorts a digit: a smooth bending, then an affine map from the unit box to pixels.
class Hand {
public:
    explicit Hand(core::RandomStream& random) {
        for (Wave& wave : waves_) {
            const float turn = uniform(random, 0, 2 * std::numbers::pi);
            const float frequency = uniform(random, 2.0, 6.0);
            wave.kx = frequency * std::cos(turn);
            wave.ky = frequency * std::sin(turn);
            wave.phase = uniform(random, 0, 2 * std::numbers::pi);
            wave.x = normal(random, 0.022);
            wave.y = normal(random, 0.018);
        }
        const float slant = std::clamp(0.12F + normal(random, 0.22), -0.45F, 0.75F);
        const float rotation = std::clamp(normal(random, 0.09), -0.3F, 0.3F);
        const float width = box_width * uniform(random, 0.70, 1.15);
        const float height = box_height * uniform(random, 0.82, 1.08);
        const float c = std::cos(rotation);
        const float s = std::sin(rotation);
        // Rotation · slant · scale; y points down, so a slant to the right moves the top to the right.
        xx_ = c * width;
        xy_ = (-slant * c - s) * height;
        yx_ = s * width;
        yy_ = (-slant * s + c) * height;
        centre_.x = 13.5F + std::clamp(normal(random, 1.8), -3.8F, 3.8F);
        centre_.y = 13.5F + std::clamp(normal(random, 1.8), -3.8F, 3.8F);
    }

    [[nodiscard]] Point place(const Knot& knot, core::RandomStream& random) const {
        float x = knot.x - 0.5F + normal(random, 0.016);
        float y = knot.y - 0.5F + normal(random, 0.013);
        float dx = 0;
        float dy = 0;
        for (const Wave& wave : waves_) {
            const float height = std::sin(wave.kx * x + wave.ky * y + wave.phase);
            dx += wave.x * height;
            dy += wave.y * height;
        }
        x += dx;
        y += dy;
        return {centre_.x + xx_ * x + xy_ * y, centre_.y + yx_ * x + yy_ * y};
    }

private:
    struct Wave {
        float kx = 0, ky = 0, phase = 0, x = 0, y = 0;
    };

    std::array<Wave, 4> waves_;
    float xx_ = 0, xy_ = 0, yx_ = 0, yy_ = 0;
    Point centre_;
};

/// The pen: its half width in pixels, how pressure varies along a stroke, and how soft its edge is.
struct Pen {
    float radius;
    float swing;  ///< relative change of the radius along a stroke
    float phase;
    float frequency;  ///< radians per knot
    float softness;   ///< pixels from full ink to none
    float ink;

    explicit Pen(core::RandomStream& random)
        : radius(uniform(random, 0.65, 1.55)),
          swing(uniform(random, 0, 0.35)),
          phase(uniform(random, 0, 2 * std::numbers::pi)),
          frequency(uniform(random, 0.4, 1.4)),
          softness(uniform(random, 1.1, 2.3)),
          ink(uniform(random, 0.72, 1.08)) {}

    [[nodiscard]] float radius_at(float knot) const {
        return radius * (1 + swing * std::sin(frequency * knot + phase));
    }
};

Point direction(Point from, Point to) {
    const float x = to.x - from.x;
    const float y = to.y - from.y;
    const float length = std::sqrt(x * x + y * y) + 1e-6F;
    return {x / length, y / length};
}

/// The pen's way through the placed knots: cubic Hermite spans whose tangents at a knot point from its predecessor to
/// its successor, and along the span itself at ends and corners.
void follow(std::span<const Knot> knots, std::span<const Point> at, const Pen& pen, std::vector<Nib>& path) {
    path.clear();
    path.push_back({at[0], pen.radius_at(0)});
    for (std::size_t i = 0; i + 1 < at.size(); ++i) {
        const Point a = at[i];
        const Point b = at[i + 1];
        const float length = std::hypot(b.x - a.x, b.y - a.y);
        const Point out = direction(i == 0 || knots[i].corner ? a : at[i - 1], b);
        const Point in = direction(a, i + 2 == at.size() || knots[i + 1].corner ? b : at[i + 2]);
        for (int piece = 1; piece <= pieces; ++piece) {
            const float t = static_cast<float>(piece) / pieces;
            const float u = 1 - t;
            const float wa = (1 + 2 * t) * u * u;
            const float wb = (1 + 2 * u) * t * t;
            const float wo = t * u * u * length;
            const float wi = -t * t * u * length;
            path.push_back(
                {{wa * a.x + wb * b.x + wo * out.x + wi * in.x, wa * a.y + wb * b.y + wo * out.y + wi * in.y},
                 pen.radius_at(static_cast<float>(i) + t)});
        }
    }
}

/// Inks the pixels near one straight piece: 1 within the pen, falling to 0 over its soft edge.
void ink_piece(const Nib& from, const Nib& to, const Pen& pen, Canvas& canvas) {
    const float dx = to.at.x - from.at.x;
    const float dy = to.at.y - from.at.y;
    const float per_square = 1 / (dx * dx + dy * dy + 1e-9F);
    const float per_soft = 1 / pen.softness;
    const float widening = to.radius - from.radius;
    const float reach = std::max(from.radius, to.radius) + 0.5F * pen.softness;
    const auto row_at = [](float y) { return static_cast<int>(std::clamp(y, 0.0F, static_cast<float>(side))); };
    const int first = row_at(std::ceil(std::min(from.at.y, to.at.y) - reach));
    const int end = row_at(std::floor(std::max(from.at.y, to.at.y) + reach) + 1);
    for (int y = first; y < end; ++y) {
        float* const row = canvas.data() + static_cast<std::size_t>(y) * pitch;
        const float py = static_cast<float>(y) - from.at.y;
#pragma omp simd
        for (int x = 0; x < static_cast<int>(pitch); ++x) {
            const float px = static_cast<float>(x) - from.at.x;
            const float along = (px * dx + py * dy) * per_square;
            const float t = along < 0 ? 0 : along > 1 ? 1 : along;
            const float ex = px - t * dx;
            const float ey = py - t * dy;
            const float distance = std::sqrt(ex * ex + ey * ey);
            const float ink = (from.radius + t * widening - distance) * per_soft + 0.5F;
            row[x] = row[x] > ink ? row[x] : ink;
        }
    }
}

/// Ink to bytes, with the grain of the ink and the noise of the paper.
void expose(const Canvas& canvas, float ink, core::RandomStream& random, std::span<std::uint8_t> image) {
    const float grain = uniform(random, 0, 0.30) / 255;
    // The sum of three random bytes has standard deviation sqrt(3 / 12) · 256.
    const float paper = uniform(random, 0, 0.18) / 128;
    std::array<std::uint32_t, pixels> words;
    random.fill(words);
    for (std::size_t y = 0; y < side; ++y) {
#pragma omp simd
        for (std::size_t x = 0; x < side; ++x) {
            const std::uint32_t word = words[y * side + x];
            const auto sum = static_cast<int>((word & 255U) + (word >> 8U & 255U) + (word >> 16U & 255U));
            const float noise = paper * (static_cast<float>(sum) - 382.5F);
            const float covered = canvas[y * pitch + x] > 1 ? 1 : canvas[y * pitch + x];
            const float grey = covered * ink * (1 - grain * static_cast<float>(word >> 24U)) + noise;
            const float clipped = grey < 0 ? 0 : grey > 1 ? 1 : grey;
            image[y * side + x] = static_cast<std::uint8_t>(static_cast<int>(clipped * 255 + 0.5F));
        }
    }
}

const Style& choose_style(const std::vector<Style>& styles, double chance) {
    for (const Style& style : styles) {
        if (chance < style.share) return style;
        chance -= style.share;
    }
    return styles.back();
}

/// Space that is reused from image to image.
struct Scratch {
    std::vector<Point> knots;
    std::vector<Nib> path;
    alignas(core::alignment) Canvas canvas;
};

std::int32_t draw_digit(core::RandomStream random, Scratch& scratch, std::span<std::uint8_t> image) {
    const std::uint32_t digit = random.below(10);
    const Style& style = choose_style(digit_styles().at(digit), random.uniform());
    const Hand hand(random);
    const Pen pen(random);
    scratch.canvas.fill(0);
    for (const Stroke& stroke : style.strokes) {
        scratch.knots.clear();
        for (const Knot& knot : stroke) scratch.knots.push_back(hand.place(knot, random));
        follow(stroke, scratch.knots, pen, scratch.path);
        for (std::size_t i = 1; i < scratch.path.size(); ++i) {
            ink_piece(scratch.path[i - 1], scratch.path[i], pen, scratch.canvas);
        }
    }
    expose(scratch.canvas, pen.ink, random, image);
    return static_cast<std::int32_t>(digit);
}

}  // namespace

Table make_digits(std::size_t rows, std::uint64_t seed, Part part) {
    core::Buffer<std::uint8_t> images(rows * pixels);
    core::Buffer<std::int32_t> labels(rows);
    Scratch scratch;
    for (std::size_t i = 0; i < rows; ++i) {
        labels[i] = draw_digit(item_stream(seed, Generator::digits, part, i), scratch,
                               std::span(images).subspan(i * pixels, pixels));
    }
    const Description description{.task = task::Kind::classification,
                                  .element = Element::u8,
                                  .shape = {side, side},
                                  .rows = rows,
                                  .outputs = 10,
                                  .scale = 1.0F / 255.0F};
    return {description, share(std::move(images)), share(std::move(labels))};
}

}  // namespace ensemble::data
