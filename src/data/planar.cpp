#include "data/planar.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace ensemble::data {
namespace {

struct Point {
    double x = 0;
    double y = 0;
};

Table make_table(core::Buffer<float> features, core::Buffer<std::int32_t> labels) {
    const Description description{
        .task = task::Kind::classification, .element = Element::f32, .shape = {2}, .rows = labels.size(), .outputs = 2};
    return {description, share(std::move(features)), share(std::move(labels))};
}

/// Draws `rows` items: a class by coin toss, a place on its curve, then noise. `curve(label, t)` with t in [0, 1).
template <class Curve>
Table draw(std::size_t rows, double noise, std::uint64_t seed, Generator generator, Part part, Curve curve) {
    core::Buffer<float> features(2 * rows);
    core::Buffer<std::int32_t> labels(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        core::RandomStream random = item_stream(seed, generator, part, i);
        labels[i] = static_cast<std::int32_t>(random.below(2));
        const Point point = curve(labels[i], random.uniform());
        features[2 * i] = static_cast<float>(point.x + noise * random.normal());
        features[2 * i + 1] = static_cast<float>(point.y + noise * random.normal());
    }
    return make_table(std::move(features), std::move(labels));
}

}  // namespace

Table make_xor() {
    return make_table({0, 0, 0, 1, 1, 0, 1, 1}, {0, 1, 1, 0});
}

Table make_moons(std::size_t rows, double noise, std::uint64_t seed, Part part) {
    return draw(rows, noise, seed, Generator::moons, part, [](std::int32_t label, double t) -> Point {
        const double angle = std::numbers::pi * t;
        if (label == 0) return {std::cos(angle), std::sin(angle)};
        return {1 - std::cos(angle), 0.5 - std::sin(angle)};
    });
}

Table make_spirals(std::size_t rows, double noise, std::uint64_t seed, Part part) {
    return draw(rows, noise, seed, Generator::spirals, part, [](std::int32_t label, double t) -> Point {
        // The root spreads the points evenly along the arm; the arms begin apart and lie half a turn from each other.
        const double radius = 0.1 + 0.9 * std::sqrt(t);
        const double angle = 3 * std::numbers::pi * std::sqrt(t) + std::numbers::pi * label;
        return {radius * std::cos(angle), radius * std::sin(angle)};
    });
}

}  // namespace ensemble::data
