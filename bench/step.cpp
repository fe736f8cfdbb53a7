// How fast is one training step, and how near is it to the rate of the matrix products it consists of?
// Trains one member on random items that stay in memory and prints one line of JSON.

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <omp.h>
#include <CLI/CLI.hpp>

#include "compute/product.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"
#include "core/stopwatch.hpp"
#include "data/dataset.hpp"
#include "train/trainer.hpp"

namespace {

struct Settings {
    std::string network = "dense(512) relu dropout(0.3) dense(512) relu dropout(0.3)";
    core::Shape input{784};
    std::size_t outputs = 10;
    std::size_t batch = 128;
    std::string optimizer = "adam";
    bool regression = false;
    double seconds = 2;
    bool products = false;
};

struct Items {
    std::vector<float> features;
    std::vector<std::int32_t> labels;
    std::vector<float> targets;
};

/// "28x28" → {28, 28}.
core::Shape shape_of(const std::string& text) {
    std::vector<std::size_t> extents;
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, 'x');) extents.push_back(std::stoul(word));
    switch (extents.size()) {
        case 1:
            return {extents[0]};
        case 2:
            return {extents[0], extents[1]};
        case 3:
            return {extents[0], extents[1], extents[2]};
        default:
            throw CLI::ValidationError("--input", "one to three extents, as in 28x28");
    }
}

template <class T>
data::SharedBytes borrowed(const std::vector<T>& values) {
    return {.owner = nullptr, .bytes = std::as_bytes(std::span(values))};
}

data::Table table_of(const Settings& settings, Items& items, std::size_t rows) {
    core::RandomStream random({.seed = 1});
    items.features.resize(rows * settings.input.elements());
    std::ranges::generate(items.features, [&] { return static_cast<float>(random.uniform()); });
    items.labels.resize(rows);
    std::ranges::generate(items.labels, [&] {
        return static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(settings.outputs)));
    });
    items.targets.resize(rows * settings.outputs);
    std::ranges::generate(items.targets, [&] { return static_cast<float>(random.normal()); });
    return {{.task = settings.regression ? data::Task::regression : data::Task::classification,
             .element = data::Element::f32,
             .shape = settings.input,
             .rows = rows,
             .outputs = settings.outputs},
            borrowed(items.features),
            settings.regression ? borrowed(items.targets) : borrowed(items.labels)};
}

/// Best rate in FLOP/s of one product, over the memory layouts that a network could choose.
double best_rate(const compute::ProductShape& shape) {
    using compute::Factor;
    using compute::Transpose;
    const std::size_t widest = std::max({shape.m, shape.n, shape.k});
    const std::size_t room = widest * core::row_stride(widest);
    const core::Buffer<float> a(room, 0.5F);
    const core::Buffer<float> b(room, 0.25F);
    core::Buffer<float> c(room);
    double best = 0;
    for (const Transpose turn_a : {Transpose::no, Transpose::yes}) {
        for (const Transpose turn_b : {Transpose::no, Transpose::yes}) {
            const compute::Product product(
                shape, Factor{core::row_stride(turn_a == Transpose::yes ? shape.m : shape.k), turn_a},
                Factor{core::row_stride(turn_b == Transpose::yes ? shape.k : shape.n), turn_b},
                core::row_stride(shape.n), compute::Store::replace);
            const int runs = std::max(1, static_cast<int>(2e8 / product.flops()));
            for (int repeat = 0; repeat < 5; ++repeat) {
                const core::Stopwatch watch;
                for (int i = 0; i < runs; ++i) product(a.data(), b.data(), c.data());
                best = std::max(best, runs * product.flops() / watch.seconds());
            }
        }
    }
    return best;
}

struct Products {
    double flops = 0;         ///< of one step
    double best_rate = 0;     ///< of the fastest product
    double best_seconds = 0;  ///< all products of one step, each at its best rate
};

bool is_of_recurrent_layer(const model::ParameterBlock& block) {
    return block.name.starts_with("rnn") || block.name.starts_with("lstm") || block.name.starts_with("gru");
}

/// Of dense layers, and of recurrent ones whose steps are the first extent of an item.
Products products_of(const model::Network& network, std::size_t batch) {
    Products all;
    const auto add = [&](const compute::ProductShape& shape, std::size_t times = 1) {
        const double rate = best_rate(shape);
        const double flops = 2.0 * static_cast<double>(shape.m * shape.n * shape.k * times);
        all.flops += flops;
        all.best_rate = std::max(all.best_rate, rate);
        all.best_seconds += flops / rate;
    };
    bool first = true;
    for (const model::ParameterBlock& block : network.blocks()) {
        if (!block.is_weight) continue;
        if (is_of_recurrent_layer(block)) {
            // From state to state there is one product less than there are steps.
            const std::size_t steps = network.input()[0] - (block.is_recurrent ? 1 : 0);
            add({batch, block.columns, block.rows}, steps);
            add({block.rows, block.columns, batch * steps});
            if (!first || block.is_recurrent) add({batch, block.rows, block.columns}, steps);
            first = first && block.is_recurrent;
            continue;
        }
        add({batch, block.columns, block.rows});
        add({block.rows, block.columns, batch});
        if (!first) add({batch, block.rows, block.columns});
        first = false;
    }
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    Settings settings;
    CLI::App app("Measures the training step of one network on one core");
    app.add_option("--net", settings.network, "network notation");
    app.add_option_function<std::size_t>("--inputs", [&](std::size_t inputs) { settings.input = {inputs}; });
    app.add_option_function<std::string>(
        "--input", [&](const std::string& text) { settings.input = shape_of(text); },
        "shape of an item: 784, 28x28, 32x32x3");
    app.add_option("--outputs", settings.outputs);
    app.add_option("--batch", settings.batch);
    app.add_option("--optimizer", settings.optimizer)->check(CLI::IsMember({"sgd", "momentum", "adam"}));
    app.add_flag("--regression", settings.regression, "squared error instead of cross-entropy");
    app.add_option("--seconds", settings.seconds, "how long to measure");
    app.add_flag("--products", settings.products, "also measure the bare matrix products (dense and recurrent layers)");
    CLI11_PARSE(app, argc, argv);
    omp_set_num_threads(1);

    // Few items, each seen many times in an epoch: validation stays out of the measurement.
    constexpr std::uint32_t distinct = 4096;
    Items items;
    const data::Table table = table_of(settings, items, distinct);
    std::vector<std::uint32_t> rows(4000 * settings.batch);
    std::ranges::generate(rows, [next = 0U]() mutable { return next++ % distinct; });
    const model::Network network(settings.network, settings.input, settings.outputs,
                                 settings.regression ? model::Objective::regression : model::Objective::classification);
    train::Hyperparameters hyperparameters;
    hyperparameters.batch = settings.batch;
    hyperparameters.epochs = 1'000'000;
    hyperparameters.learning_rate = 1e-4;
    hyperparameters.optimizer = settings.optimizer == "adam"       ? train::OptimizerKind::adam
                                : settings.optimizer == "momentum" ? train::OptimizerKind::momentum
                                                                   : train::OptimizerKind::sgd;
    const data::View view{&table, rows};
    const data::View one{&table, std::span(rows).first(1)};
    train::Trainer trainer(network, hyperparameters, {.train = view, .validation = one}, 0);

    for (int i = 0; i < 20; ++i) trainer.step();
    // The machine is shared: the median over short slices tells more than one long mean.
    std::vector<double> rates;
    const core::Stopwatch total;
    const double slice = std::max(0.02, settings.seconds / 50);
    while (total.seconds() < settings.seconds) {
        const core::Stopwatch watch;
        std::size_t steps = 0;
        do {
            for (int i = 0; i < 4; ++i) trainer.step();
            steps += 4;
        } while (watch.seconds() < slice);
        rates.push_back(static_cast<double>(steps * settings.batch) / watch.seconds());
    }
    std::ranges::nth_element(rates, rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2));
    const double samples_per_s = rates[rates.size() / 2];
    fmt::print("{{\"samples_per_s\": {:.0f}", samples_per_s);
    if (settings.products) {
        const Products products = products_of(network, settings.batch);
        const double rate = products.flops * samples_per_s / static_cast<double>(settings.batch);
        fmt::print(
            ", \"gflop_per_s\": {:.1f}, \"best_product_gflop_per_s\": {:.1f}, \"share_of_best_product\": {:.3f}"
            ", \"share_of_all_products_at_their_best\": {:.3f}",
            rate / 1e9, products.best_rate / 1e9, rate / products.best_rate,
            products.best_seconds * samples_per_s / static_cast<double>(settings.batch));
    }
    fmt::print("}}\n");
}
