// How fast does a trained ensemble answer: many rows at once, and a single one while somebody waits? Trains briefly on
// random rows in memory, through the library's own header, and prints one line of JSON. bench/prediction.py compares.

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "core/stopwatch.hpp"
#include "ensemble/ensemble.hpp"

namespace {

struct Settings {
    std::string net = "dense(512) relu dense(512) relu";
    std::size_t columns = 784;
    std::size_t classes = 10;
    std::size_t members = 8;
    std::size_t rows = 10'000;
    std::size_t repeats = 11;
};

std::vector<float> random_numbers(std::size_t count) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(0, 1);
    std::vector<float> numbers(count);
    std::ranges::generate(numbers, [&] { return uniform(random); });
    return numbers;
}

ensemble::Model trained(const Settings& settings) {
    constexpr std::size_t rows = 1000;
    const std::vector<float> numbers = random_numbers(rows * settings.columns);
    std::vector<std::int32_t> labels(rows);
    for (std::size_t row = 0; row < rows; ++row) labels[row] = static_cast<std::int32_t>(row % settings.classes);
    ensemble::Options options;
    options.set("net", settings.net).set("members", settings.members).set("epochs", 1).set("recipe", "none");
    return ensemble::Model::train(options, {std::span<const float>(numbers), settings.columns}, labels);
}

/// The median time of predicting so many rows.
double seconds(const ensemble::Model& model, std::span<const float> numbers, const Settings& settings,
               std::size_t repeats) {
    std::vector<double> times(repeats);
    for (double& time : times) {
        const ensemble::core::Stopwatch watch;
        static_cast<void>(model.predict({numbers, settings.columns}));
        time = watch.seconds();
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::ranges::nth_element(times, middle);
    return *middle;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("How fast does a trained ensemble answer?");
    app.add_option("--net", settings.net, "network, as ensemble_train has it");
    app.add_option("--columns", settings.columns, "numbers of a row");
    app.add_option("--classes", settings.classes);
    app.add_option("--members", settings.members);
    app.add_option("--rows", settings.rows, "that are predicted at once");
    app.add_option("--repeats", settings.repeats, "of which the median counts");
    CLI11_PARSE(app, argc, argv);
    const ensemble::Model model = trained(settings);
    const std::vector<float> numbers = random_numbers(settings.rows * settings.columns);
    const std::span<const float> all = numbers;
    constexpr std::size_t single_rows = 1001;
    const double many = seconds(model, all, settings, settings.repeats);
    const double one = seconds(model, all.first(settings.columns), settings, single_rows);
    fmt::print("{{\"rows_per_s\": {:.0f}, \"row_ms\": {:.4f}}}\n", static_cast<double>(settings.rows) / many,
               1e3 * one);
}
