#include "config/refusals.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "config/parse_data.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "data/augmentation.hpp"
#include "model/dense_stack.hpp"
#include "model/network_summary.hpp"
#include "train/weight_average.hpp"

namespace ensemble::config {
namespace {

/// Numbers of one row that batch normalisation normalises together.
std::size_t places(const core::Shape& shape) {
    switch (shape.rank()) {
        case 1:
            return 1;
        case 3:
            return shape[0] * shape[1];
        default:
            return shape.elements();
    }
}

bool normalises_single_numbers(const std::vector<model::Described>& items) {
    return std::ranges::any_of(items, [](const model::Described& item) {
        return (item.name == "batchnorm" && places(item.input) == 1) ||
               std::ranges::any_of(item.parts,
                                   [](const model::Part& part) { return normalises_single_numbers(part.items); });
    });
}

}  // namespace

void refuse_idle(const Options& options, const model::Network& network, const data::Table& table, bool some_drop) {
    const train::Hyperparameters& training = options.training;
    const bool ragged = table.description().ragged;
    if (ragged && training.initialiser == model::Initialiser::rbm) {
        core::fail(core::Failure::usage,
                   "--init rbm: Boltzmann machines see all numbers of a row, and rows of {} are sequences of different "
                   "lengths; choose another",
                   options.data);
    }
    if (training.initialiser == model::Initialiser::rbm) static_cast<void>(model::hidden_dense_layers(network));
    if (training.evaluate_with_dropout && !some_drop) {
        core::fail(core::Failure::usage, "--evaluate-with-dropout has no effect here: there is no dropout in {}",
                   network.text());
    }
    if (training.average == train::AverageKind::swa && train::first_averaged_epoch(training) == training.epochs) {
        core::fail(
            core::Failure::usage,
            "--weight-average swa:{} has no effect here: of {} epochs it would take the last alone; begin earlier, or "
            "train for longer",
            training.average_start, training.epochs);
    }
    if (training.label_smoothing > 0 && table.description().task != task::Kind::classification) {
        core::fail(core::Failure::usage, "--label-smoothing softens class labels, and the target of {} is a number",
                   options.data);
    }
    if (training.class_weight != train::ClassWeight::none && table.description().task != task::Kind::classification) {
        core::fail(core::Failure::usage, "--class-weight {}: weighs classes, and the target of {} is a number",
                   core::name_of(training.class_weight), options.data);
    }
    const core::Shape& shape = table.shape();
    const bool is_sequence = options.preprocessing.sequence || ragged;
    if (options.augmentation.any() && (is_sequence || !data::is_image(shape))) {
        core::fail(core::Failure::usage, "--augment {}: distorts images, but a row of {} is {}; leave it out",
                   text_of_augmentation(options.augmentation), options.data,
                   is_sequence ? "a sequence" : fmt::format("a list of {}", shape.text()));
    }
    const data::Standardize standardize = options.preprocessing.standardize;
    if (options.augmentation.any() &&
        (standardize == data::Standardize::features || standardize == data::Standardize::channels)) {
        core::fail(
            core::Failure::usage,
            "--augment {}: pixels change places, but --standardize {} gives each place a scale of its own; choose "
            "--standardize all or none",
            text_of_augmentation(options.augmentation),
            standardize == data::Standardize::features ? "features" : "channels");
    }
}

void refuse_idle_classes(const Options& options) {
    if (options.task == task::Kind::classification || !options.stratify.value_or(false)) return;
    core::fail(core::Failure::usage, "--stratify: keeps the shares of classes, and the target of {} is a number",
               options.data);
}

void refuse_weightless(const Options& options, const data::View& rows, std::string_view part) {
    const std::span<const double> weights = rows.table->weights();
    const auto counts = [&](std::uint32_t row) { return weights[row] > 0; };
    if (weights.empty() || std::ranges::any_of(rows.rows, counts)) return;
    core::fail(core::Failure::usage,
               "--weight {}: all {} {} rows of {} have the weight 0; choose another --seed or larger shares, or leave "
               "such rows out of the table",
               options.weight, rows.size(), part, options.data);
}

void refuse_lone_rows(const Options& options, const model::Network& network) {
    if (options.training.batch > 1 || !network.has("batchnorm")) return;
    if (!normalises_single_numbers(model::summarise(network, 1).items)) return;
    core::fail(
        core::Failure::usage,
        "--batch 1: batchnorm takes off the mean over the rows of a batch, which leaves nothing of a single row, "
        "so that nothing could be learnt; train on batches of at least 2 rows, or leave batchnorm out of --net");
}

}  // namespace ensemble::config
