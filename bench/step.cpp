// How fast is one training step, and how near is it to the rate of the matrix products and convolutions it consists of?
// Trains one member on random items that stay in memory and prints one line of JSON.

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "compute/prepared_pool.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"
#include "core/stopwatch.hpp"
#include "data/dataset.hpp"
#include "kernels.hpp"
#include "train/trainer.hpp"

using namespace ensemble;

namespace {

struct Settings {
    std::string network = "dense(512) relu dropout(0.3) dense(512) relu dropout(0.3)";
    std::string input = "784";
    std::size_t outputs = 10;
    std::size_t batch = 128;
    std::string optimizer = "adam";
    std::string precision = "f32";
    bool regression = false;
    double seconds = 2;
    bool products = false;
    std::size_t threads = 1;
};

struct Items {
    std::vector<float> features;
    std::vector<std::int32_t> labels;
    std::vector<float> targets;
};

template <class T>
data::SharedBytes borrowed(const std::vector<T>& values) {
    return {.owner = nullptr, .bytes = std::as_bytes(std::span(values))};
}

/// "28x28" or "28x28x3" or "784".
core::Shape shape_of(const std::string& text) {
    std::vector<std::size_t> extents;
    std::istringstream words(text);
    for (std::string extent; std::getline(words, extent, 'x');) extents.push_back(std::stoul(extent));
    switch (extents.size()) {
        case 1:
            return {extents[0]};
        case 2:
            return {extents[0], extents[1]};
        default:
            return {extents.at(0), extents.at(1), extents.at(2)};
    }
}

data::Table table_of(const Settings& settings, const core::Shape& shape, Items& items, std::size_t rows) {
    core::RandomStream random({.seed = 1});
    items.features.resize(rows * shape.elements());
    std::ranges::generate(items.features, [&] { return static_cast<float>(random.uniform()); });
    items.labels.resize(rows);
    std::ranges::generate(items.labels, [&] {
        return static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(settings.outputs)));
    });
    items.targets.resize(rows * settings.outputs);
    std::ranges::generate(items.targets, [&] { return static_cast<float>(random.normal()); });
    return {{.task = settings.regression ? task::Kind::regression : task::Kind::classification,
             .element = data::Element::f32,
             .shape = shape,
             .rows = rows,
             .outputs = settings.outputs},
            borrowed(items.features),
            settings.regression ? borrowed(items.targets) : borrowed(items.labels)};
}

train::Hyperparameters hyperparameters_of(const Settings& settings) {
    train::Hyperparameters hyperparameters;
    hyperparameters.batch = settings.batch;
    hyperparameters.epochs = 1'000'000;
    hyperparameters.learning_rate = 1e-4;
    if (settings.precision == "bf16") hyperparameters.precision = compute::Precision::bf16;
    hyperparameters.optimizer = settings.optimizer == "adam"       ? train::OptimizerKind::adam
                                : settings.optimizer == "momentum" ? train::OptimizerKind::momentum
                                                                   : train::OptimizerKind::sgd;
    return hyperparameters;
}

/// Steps that many times a second, after a few that warm up.
double measured_rate(train::Trainer& trainer, double seconds) {
    for (int i = 0; i < 6; ++i) trainer.step();
    // The machine is shared: the median over short slices tells more than one long mean.
    std::vector<double> rates;
    const core::Stopwatch total;
    const double slice = std::max(0.02, seconds / 50);
    while (total.seconds() < seconds) {
        const core::Stopwatch watch;
        std::size_t steps = 0;
        do {
            trainer.step();
            ++steps;
        } while (watch.seconds() < slice);
        rates.push_back(static_cast<double>(steps) / watch.seconds());
    }
    std::ranges::nth_element(rates, rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2));
    return rates[rates.size() / 2];
}

/// Holds the rate of whole steps against that of the products they consist of.
void print_products(const model::Network& network, const train::Hyperparameters& hyperparameters, double steps_per_s) {
    const bench::Kernels products = bench::kernels_of(network, hyperparameters.batch, hyperparameters.precision);
    const double rate = products.flops * steps_per_s;
    fmt::print(
        ", \"gflop_per_s\": {:.1f}, \"best_product_gflop_per_s\": {:.1f}, \"share_of_best_product\": {:.3f}"
        ", \"share_of_all_products_at_their_best\": {:.3f}, \"share_of_all_in_the_library\": {:.3f}",
        rate / 1e9, products.best_rate / 1e9, rate / products.best_rate, products.best_seconds * steps_per_s,
        products.library_seconds * steps_per_s);
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Measures the training step of one network on one core");
    app.add_option("--net", settings.network, "network notation");
    app.add_option("--input", settings.input, "extents of an item: 784, 28x28 or 28x28x3");
    app.add_option("--outputs", settings.outputs);
    app.add_option("--batch", settings.batch);
    app.add_option("--optimizer", settings.optimizer)->check(CLI::IsMember({"sgd", "momentum", "adam"}));
    app.add_option("--precision", settings.precision, "in what products and convolutions multiply")
        ->check(CLI::IsMember({"f32", "bf16"}));
    app.add_flag("--regression", settings.regression, "squared error instead of cross-entropy");
    app.add_option("--seconds", settings.seconds, "how long to measure");
    app.add_flag("--products", settings.products,
                 "also measure the bare matrix products and convolutions, in that precision");
    app.add_option("--threads", settings.threads)->check(CLI::Range(1, 1024));
    CLI11_PARSE(app, argc, argv);
    compute::PreparedPool pool;
    pool.resize(settings.threads);

    // Few items, each seen many times in an epoch: validation stays out of the measurement.
    constexpr std::uint32_t distinct = 4096;
    Items items;
    const core::Shape shape = shape_of(settings.input);
    const data::Table table = table_of(settings, shape, items, distinct);
    std::vector<std::uint32_t> rows(4000 * settings.batch);
    std::ranges::generate(rows, [next = 0U]() mutable { return next++ % distinct; });
    const model::Network network(settings.network, shape, settings.outputs);
    const task::Task* const task = settings.regression ? task::find_task(task::Kind::regression, "squared")
                                                       : &task::standard_task(task::Kind::classification);
    const data::View view{&table, rows};
    const data::View one{&table, std::span(rows).first(1)};
    train::Trainer trainer(network, hyperparameters_of(settings), {.task = task, .train = view, .validation = one}, 0,
                           &pool);
    const double rate = measured_rate(trainer, settings.seconds);
    fmt::print("{{\"samples_per_s\": {:.0f}", rate * static_cast<double>(settings.batch));
    if (settings.products) print_products(network, hyperparameters_of(settings), rate);
    fmt::print("}}\n");
}
