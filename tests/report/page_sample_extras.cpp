#include <algorithm>
#include <cmath>

#include "page_sample.hpp"

namespace ensemble::report {
namespace {

/// A bright ring on black, wider or flatter by `kind`.
std::vector<std::uint8_t> ring(std::size_t side, double kind) {
    std::vector<std::uint8_t> pixels;
    const double middle = static_cast<double>(side - 1) / 2;
    for (std::size_t y = 0; y < side; ++y) {
        for (std::size_t x = 0; x < side; ++x) {
            const double dx = (static_cast<double>(x) - middle) / (5 + 4 * noise(kind));
            const double dy = (static_cast<double>(y) - middle) / (6 + 3 * noise(kind + 0.5));
            const double off = std::abs(std::hypot(dx, dy) - 1);
            pixels.push_back(static_cast<std::uint8_t>(255 * std::exp(-9 * off * off)));
        }
    }
    return pixels;
}

/// Softmax of the negative squared distances to a centre for each class, bent a little by `member`.
std::vector<float> plane(const Regions& regions, std::size_t classes, double member) {
    std::vector<float> probabilities;
    for (std::size_t row = 0; row < regions.rows; ++row) {
        for (std::size_t column = 0; column < regions.columns; ++column) {
            const double x = -3 + 6 * (static_cast<double>(column) + 0.5) / static_cast<double>(regions.columns);
            const double y = -2 + 4 * (static_cast<double>(row) + 0.5) / static_cast<double>(regions.rows);
            std::vector<double> weights;
            double sum = 0;
            for (std::size_t label = 0; label < classes; ++label) {
                const double angle = 2.1 * static_cast<double>(label) + 0.2 * std::sin(2 * x + member) + 0.1 * member;
                const double away = std::pow(x - 1.4 * std::cos(angle), 2) + std::pow(y - 1.2 * std::sin(angle), 2);
                weights.push_back(std::exp(-1.2 * away));
                sum += weights.back();
            }
            for (const double weight : weights) probabilities.push_back(static_cast<float>(weight / sum));
        }
    }
    return probabilities;
}

}  // namespace

nlohmann::ordered_json interval_calibration() {
    using Json = nlohmann::ordered_json;
    Json levels = Json::array();
    Json coverage = Json::array({Json::array(), Json::array()});
    for (const double level : {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99}) {
        levels.push_back(level);
        coverage[0].push_back(level + 0.05 * level * (1 - level));
        coverage[1].push_back(level - 0.6 * level * (1 - level));
    }
    return {{"levels", levels}, {"coverage", coverage}, {"variance_factor", {0.96, 1.62}}};
}

Examples image_examples() {
    Examples examples{.width = 28, .height = 28};
    constexpr std::size_t shown = 12;
    for (std::size_t i = 0; i < shown; ++i) {
        const auto key = static_cast<double>(i);
        examples.wrong.push_back({.row = 101 * i,
                                  .truth = "nine",
                                  .prediction = i % 2 == 0 ? "four" : "seven",
                                  .probability = 0.999 - 0.01 * key,
                                  .entropy = 0.02 * key,
                                  .pixels = ring(28, key)});
        examples.uncertain.push_back({.row = 57 * i + 3,
                                      .truth = "three",
                                      .prediction = i % 3 == 0 ? "three" : "five",
                                      .probability = 0.3 + 0.01 * key,
                                      .entropy = 1.9 - 0.02 * key,
                                      .pixels = ring(28, key + 40)});
    }
    return examples;
}

Examples table_examples() {
    Examples examples{.columns = {"age", "income", "town"}};
    for (std::size_t i = 0; i < 5; ++i) {
        examples.wrong.push_back({.row = 11 * i,
                                  .truth = "yes",
                                  .prediction = "no",
                                  .probability = 0.98,
                                  .entropy = 0.1,
                                  .values = {std::to_string(30 + i), "1200.5", "Köln"}});
    }
    return examples;
}

Examples number_examples(const std::vector<std::string>& targets) {
    Examples examples{.columns = {"height", "area"}, .all_columns = 8, .targets = targets};
    for (std::size_t i = 0; i < 6; ++i) {
        const auto key = static_cast<double>(i);
        Example example{.row = 7 * i, .truth = "", .prediction = "", .values = {"3.5", std::to_string(514 + i)}};
        for (std::size_t target = 0; target < targets.size(); ++target)
            example.numbers.push_back({.truth = 20 + key, .mean = 29.125 - key, .deviation = 1.5 + noise(key)});
        examples.wrong.push_back(example);
        examples.uncertain.push_back(example);
    }
    return examples;
}

std::vector<Scatter> scatters(const std::vector<std::string>& targets, std::size_t rows) {
    std::vector<Scatter> all;
    for (const std::string& target : targets) {
        Scatter scatter{.target = target, .level = 0.9, .rows = 3 * rows};
        for (std::size_t i = 0; i < rows; ++i) {
            const double key = static_cast<double>(i) + 1000 * static_cast<double>(all.size());
            const double mean = 10 + 30 * noise(key);
            const double half = 1.5 + 4 * noise(key + 0.3) * noise(key + 0.3);
            const double error = half * (noise(key + 0.1) + noise(key + 0.2) + noise(key + 0.4) - 1.5) * 1.4;
            scatter.sample.push_back(
                {.row = 3 * i, .truth = mean + error, .mean = mean, .low = mean - half, .high = mean + half});
        }
        all.push_back(std::move(scatter));
    }
    return all;
}

Regions plane_regions(std::size_t classes) {
    Regions regions{
        .x = "x1", .y = "x2", .x_low = -3, .x_high = 3, .y_low = -2, .y_high = 2, .columns = 80, .rows = 60};
    for (const auto& [name, member] :
         {std::pair{"ensemble", 0.0}, {"member 0", 0.9}, {"member 1", -1.3}, {"member 2", 2.2}}) {
        regions.maps.push_back({.name = name, .probabilities = plane(regions, classes, member)});
    }
    for (std::size_t i = 0; i < 120; ++i) {
        const std::size_t label = i % classes;
        const auto key = static_cast<double>(i);
        const double angle = 2.1 * static_cast<double>(label);
        regions.points.push_back({.x = 1.4 * std::cos(angle) + 1.5 * (noise(key) - 0.5),
                                  .y = 1.2 * std::sin(angle) + 1.5 * (noise(key + 0.5) - 0.5),
                                  .label = label});
    }
    return regions;
}

Importance column_importance(const std::string& metric, double size, std::size_t columns) {
    Importance importance{.metric = metric, .repeats = 5};
    for (std::size_t i = 0; i < columns; ++i) {
        const double loss = size * std::exp(-0.4 * static_cast<double>(i)) - 0.02 * size;
        importance.columns.push_back({.name = "column " + std::to_string(i),
                                      .loss = loss,
                                      .low = loss - 0.06 * size,
                                      .high = loss + 0.06 * size});
    }
    return importance;
}

}  // namespace ensemble::report
