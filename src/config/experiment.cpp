#include "config/experiment.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include <fmt/ranges.h>

#include "analysis/combination.hpp"
#include "config/parse_data.hpp"
#include "config/settings.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "model/dense_stack.hpp"
#include "model/network_summary.hpp"
#include "store/run_directory.hpp"
#include "train/state_check.hpp"
#include "train/weight_average.hpp"

namespace ensemble::config {
namespace {

data::SplitRequest split_request(const Options& options) {
    return {.test_fraction = options.test_fraction,
            .validation_fraction = options.validation_fraction,
            .train_limit = options.train_limit,
            .seed = options.seed};
}

const task::Task& task_of(const Options& options, const data::Table& table) {
    const task::Kind kind = table.description().task;
    if (const task::Task* task = task::find_task(kind, options.loss)) return *task;
    std::vector<std::string_view> losses;
    for (const task::Task& task : task::tasks()) {
        if (task.kind == kind) losses.push_back(task.loss_name);
    }
    core::fail(core::Failure::usage, "--loss {}: is none for {}, which has: {}", options.loss, core::name_of(kind),
               fmt::join(losses, " "));
}

/// The name of the combination that predictions.npy is to hold.
std::string combination_of(const Options& options, task::Kind kind) {
    const auto all = analysis::combinations_of(kind);
    const std::size_t place = analysis::find_combination(kind, options.combine);
    if (place < all.size()) return std::string(all[place]->name);
    std::vector<std::string_view> names;
    for (const analysis::Combination* each : all) names.push_back(each->name);
    core::fail(core::Failure::usage, "--combine {}: is none for {}, which has: {}", options.combine,
               core::name_of(kind), fmt::join(names, " "));
}

EvaluationSet evaluation_set(std::string_view name, const data::View& rows) {
    EvaluationSet set{.name = std::string(name), .rows = rows};
    const data::Table& table = *rows.table;
    if (table.description().task == task::Kind::classification) {
        for (const std::uint32_t row : rows.rows) set.labels.push_back(table.labels()[row]);
        return set;
    }
    set.targets = table.outputs();
    for (const std::uint32_t row : rows.rows) {
        const auto numbers = table.targets().subspan(row * set.targets, set.targets);
        set.numbers.insert(set.numbers.end(), numbers.begin(), numbers.end());
    }
    return set;
}

model::Network make_network(const Options& options, const task::Task& task, const data::Table& table) {
    return {options.net, table.shape(), task.output_width(table.outputs())};
}

/// With the batch no larger than the data, and as many epochs as they need: of few rows 20 would be but a few steps.
Options resolved(Options options, std::size_t rows) {
    constexpr std::size_t least_epochs = 20;
    constexpr std::size_t enough_steps = 1000;
    train::Hyperparameters& training = options.training;
    training.batch = std::min(training.batch, rows);
    if (training.epochs > 0) return options;
    options.epochs_are_chosen = true;
    const std::size_t steps = (rows + training.batch - 1) / training.batch;
    training.epochs = std::max(least_epochs, (enough_steps + steps - 1) / steps);
    return options;
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
    const core::Shape& shape = table.shape();
    if (options.augmentation.any() && (options.preprocessing.sequence || !data::is_image(shape))) {
        core::fail(core::Failure::usage, "--augment {}: distorts images, but a row of {} is {}; leave it out",
                   text_of_augmentation(options.augmentation), options.data,
                   options.preprocessing.sequence ? "a sequence" : fmt::format("a list of {}", shape.text()));
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

/// Of a batch of one row, batch normalisation of vectors leaves nothing.
void refuse_lone_rows(const Options& options, const model::Network& network) {
    if (options.training.batch > 1 || !network.has("batchnorm")) return;
    if (!normalises_single_numbers(model::summarise(network, 1).items)) return;
    core::fail(
        core::Failure::usage,
        "--batch 1: batchnorm takes off the mean over the rows of a batch, which leaves nothing of a single row, "
        "so that nothing could be learnt; train on batches of at least 2 rows, or leave batchnorm out of --net");
}

}  // namespace

data::Request data_request(const Options& options) {
    return {.data = options.data,
            .test = options.test,
            .target = options.target,
            .header = options.header.value_or(data::Header::automatic),
            .ignore = options.ignore,
            .test_target = options.test_target,
            .task = options.task,
            .seed = options.seed};
}

data::Source load_data(const Options& options) {
    if (!options.test.empty() && options.test_fraction) {
        core::fail(core::Failure::usage, "--test-fraction {}: has no effect beside --test, which brings all test rows",
                   *options.test_fraction);
    }
    const data::Source source = data::load(data_request(options));
    const data::Split split = data::split(source, split_request(options));
    data::Preprocessing preprocessing = options.preprocessing;
    preprocessing.images = !preprocessing.sequence && (options.augmentation.any() || model::convolves(options.net));
    return data::preprocess(source, split.train, preprocessing);
}

Experiment::Experiment(const Options& options, data::Source source)
    : source_(std::move(source)),
      split_(data::split(source_, split_request(options))),
      task_(task_of(options, source_.train)),
      network_(make_network(options, task_, source_.train)),
      options_(resolved(options, split_.train.size())) {
    refuse_idle(options_, network_, source_.train);
    refuse_lone_rows(options_, network_);
    options_.task = source_.train.description().task;
    options_.net = network_.text();
    const auto is_alternative = [&](const task::Task& task) { return task.kind == task_.kind && &task != &task_; };
    if (std::ranges::any_of(task::tasks(), is_alternative)) options_.loss = task_.loss_name;
    options_.combine = combination_of(options_, task_.kind);
    if (!options_.augmentation.any()) options_.test_views = 1;  // a preset's, whose distortions are not wanted
    sets_.push_back(evaluation_set(store::evaluation_set_names[0], data::validation_view(source_, split_)));
    sets_.push_back(evaluation_set(store::evaluation_set_names[1], data::test_view(source_, split_)));
}

train::Problem Experiment::problem() const {
    return {.task = &task_,
            .scale = source_.target_scale,
            .train = data::train_view(source_, split_),
            .validation = validation_set().rows,
            .seed = options_.seed,
            .bootstrap = options_.bootstrap,
            .feature_fraction = options_.feature_fraction,
            .augmentation = options_.augmentation,
            .test_views = options_.test_views,
            .background = source_.background};
}

std::size_t Experiment::steps() const {
    const train::Hyperparameters& training = options_.training;
    return (split_.train.size() + training.batch - 1) / training.batch * training.epochs;
}

train::Footprint Experiment::footprint() const {
    return train::footprint(network_, options_.training, split_.train.size());
}

std::string Experiment::fault_of(const train::MemberState& state) const {
    return train::fault_of(state, task_, network_, options_.training, split_.train.size());
}

std::string Experiment::member_digest() const {
    // A member does not depend on how many others there are, how it is used and combined, or where its data lay.
    std::string text = "data sha256 = " + source_.sha256 + "\n";
    for (const Setting& setting : settings()) {
        const auto value = setting.role == Role::member ? setting.get(options_) : std::nullopt;
        if (value) text += setting.lasting_name() + " = " + text_of(*value) + "\n";
    }
    return core::hex(core::sha256(std::as_bytes(std::span(text))));
}

}  // namespace ensemble::config
