#include "run/experiment.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "model/dense_stack.hpp"
#include "run/settings.hpp"
#include "train/weight_average.hpp"

namespace run {
namespace {

data::SplitRequest split_request(const Options& options) {
    return {.test_fraction = options.test_fraction,
            .validation_fraction = options.validation_fraction,
            .train_limit = options.train_limit,
            .seed = options.seed};
}

model::Network make_network(const Options& options, const data::Table& table) {
    const bool classes = table.description().task == data::Task::classification;
    return {options.net, table.shape(), table.outputs(),
            classes ? model::Objective::classification : model::Objective::regression};
}

/// What is asked for must be able to change something.
void refuse_idle(const Options& options, const model::Network& network, const data::Table& table) {
    const train::Hyperparameters& training = options.training;
    if (training.initialiser == model::Initialiser::rbm) static_cast<void>(model::hidden_dense_layers(network));
    if (training.evaluate_with_dropout && !network.has("dropout")) {
        core::fail(core::Failure::usage, "--evaluate-with-dropout has no effect here: there is no dropout in {}",
                   network.text());
    }
    if (training.average == train::AverageKind::swa && train::first_averaged_epoch(training) == training.epochs) {
        core::fail(core::Failure::usage,
                   "--average swa:{} has no effect here: of {} epochs it would take the last alone; begin earlier, or "
                   "train for longer",
                   training.average_start, training.epochs);
    }
    if (training.label_smoothing > 0 && table.description().task != data::Task::classification) {
        core::fail(core::Failure::usage, "--label-smoothing softens class labels, and the target of {} is a number",
                   options.data);
    }
}

}  // namespace

Experiment::Experiment(const Options& options, data::Source source)
    : source_(std::move(source)),
      split_(data::split(source_, split_request(options))),
      network_(make_network(options, source_.train)),
      options_(options) {
    refuse_idle(options, network_, source_.train);
    options_.net = network_.text();
    options_.training.batch = std::min(options.training.batch, split_.train.size());
    const data::View rows = test();
    const auto labels = rows.table->labels();
    for (const std::uint32_t row : rows.rows) test_labels_.push_back(labels[row]);
}

train::Problem Experiment::problem() const {
    return {.train = data::train_view(source_, split_),
            .validation = data::validation_view(source_, split_),
            .seed = options_.seed,
            .bootstrap = options_.bootstrap,
            .feature_fraction = options_.feature_fraction};
}

std::string Experiment::member_digest() const {
    // A member does not depend on how many others there are, how they are combined, or where its data lay.
    const std::set<std::string_view> of_the_ensemble{"members", "combine", "data"};
    std::string text = "data sha256 = " + source_.sha256 + "\n";
    for (const Setting& setting : settings()) {
        const auto value = setting.get(options_);
        if (!value || of_the_ensemble.contains(setting.name)) continue;
        text += setting.name + " = " + text_of(*value) + "\n";
    }
    return core::hex(core::sha256(std::as_bytes(std::span(text))));
}

}  // namespace run
