#include "config/experiment.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include <fmt/ranges.h>

#include "analysis/combination.hpp"
#include "config/parse_data.hpp"
#include "config/settings.hpp"
#include "config/variation.hpp"
#include "core/error.hpp"
#include "core/hash.hpp"
#include "model/dense_stack.hpp"
#include "model/network_summary.hpp"
#include "store/run_directory.hpp"
#include "train/pretraining.hpp"
#include "train/state_check.hpp"
#include "train/weight_average.hpp"

namespace ensemble::config {
namespace {

data::SplitRequest split_request(const Options& options) {
    return {.test_fraction = options.test_fraction,
            .validation_fraction = options.validation_fraction,
            .train_limit = options.train_limit,
            .folds = options.folds,
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

std::vector<model::Network> make_networks(const Options& options, const task::Task& task, const data::Table& table) {
    std::vector<model::Network> networks;
    for (const std::string& net : options.nets)
        networks.emplace_back(net, table.shape(), task.output_width(table.outputs()));
    return networks;
}

/// The rows that members of each fold are trained on: all but its part.
std::vector<std::vector<std::uint32_t>> rows_of_folds(const data::Split& split, std::size_t folds) {
    std::vector<std::vector<std::uint32_t>> rows(folds);
    for (std::size_t fold = 0; fold < folds; ++fold) {
        const data::RowRange part = data::part_of(split.train.size(), fold, folds);
        for (std::size_t row = 0; row < split.train.size(); ++row) {
            if (row < part.first || row >= part.end()) rows[fold].push_back(split.train[row]);
        }
    }
    return rows;
}

/// Members that may differ in their options: the first of them, or all.
std::uint32_t distinct_members(const Options& options) {
    return members_differ(options) ? static_cast<std::uint32_t>(options.members) : 1;
}

bool augments(const Options& options) {
    for (std::uint32_t member = 0; member < distinct_members(options); ++member) {
        if (options_of_member(options, member).augmentation.any()) return true;
    }
    return false;
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
    preprocessing.images =
        !preprocessing.sequence && (augments(options) || std::ranges::any_of(options.nets, &model::convolves));
    return data::preprocess(source, split.train, preprocessing);
}

Experiment::Experiment(const Options& options, data::Source source)
    : source_(std::move(source)),
      split_(data::split(source_, split_request(options))),
      task_(task_of(options, source_.train)),
      networks_(make_networks(options, task_, source_.train)),
      fold_rows_(rows_of_folds(split_, options.folds)),
      options_(resolved(options, fold_rows_.empty() ? split_.train.size() : fold_rows_.front().size())) {
    options_.task = source_.train.description().task;
    for (std::size_t i = 0; i < networks_.size(); ++i) options_.nets[i] = networks_[i].text();
    const auto is_alternative = [&](const task::Task& task) { return task.kind == task_.kind && &task != &task_; };
    if (std::ranges::any_of(task::tasks(), is_alternative)) options_.loss = task_.loss_name;
    options_.combine = combination_of(options_, task_.kind);
    if (!augments(options_)) options_.test_views = 1;  // a preset's, whose distortions are not wanted
    sets_.push_back(evaluation_set(store::evaluation_set_names[0], data::validation_view(source_, split_)));
    sets_.push_back(evaluation_set(store::evaluation_set_names[1], data::test_view(source_, split_)));
    if (options_.members < options_.folds) {
        core::fail(core::Failure::usage,
                   "--folds {}: the ensemble has only {} members, so that not every row is held out "
                   "by one; --members {} or more",
                   options_.folds, options_.members, options_.folds);
    }
    refuse_idle_variations();
    for (std::uint32_t i = 0; i < distinct_members(options_); ++i) {
        const model::Network& network = networks_[i % networks_.size()];
        refuse_idle(options_of(i), network, source_.train);
        refuse_lone_rows(options_of(i), network);
    }
    if (!members_differ(options_)) return;
    for (const model::Network& network : networks_)
        operations_.push_back(model::summarise(network, 1).total().training);
}

/// What varies must have a part in some member.
void Experiment::refuse_idle_variations() const {
    for (const Variation& variation : options_.variations) {
        const Setting& setting = *find_setting(variation.setting);
        bool is_used = false;
        for (std::uint32_t i = 0; i < distinct_members(options_) && !is_used; ++i)
            is_used = setting.get(options_of(i)).has_value();
        if (is_used) continue;
        core::fail(core::Failure::usage, "--vary {}: has no effect here: it belongs to {}", setting.name,
                   setting.belongs_to);
    }
}

data::RowRange Experiment::predicted_rows(const EvaluationSet& set, std::uint32_t member) const {
    if (fold_rows_.empty() || &set != &validation_set()) return {.first = 0, .count = set.rows.size()};
    return data::part_of(set.rows.size(), member % fold_rows_.size(), fold_rows_.size());
}

Options Experiment::options_of(std::uint32_t member) const {
    const std::size_t rows = fold_rows_.empty() ? split_.train.size() : fold_rows_[member % fold_rows_.size()].size();
    return resolved(options_of_member(options_, member), rows);
}

train::MemberSpec Experiment::member(std::uint32_t index) const {
    const Options options = options_of(index);
    data::View train = data::train_view(source_, split_);
    if (!fold_rows_.empty()) train.rows = fold_rows_[index % fold_rows_.size()];
    data::View validation = validation_set().rows;
    const data::RowRange held_out = predicted_rows(validation_set(), index);
    validation.rows = validation.rows.subspan(held_out.first, held_out.count);
    return {.index = index,
            .network = &networks_[index % networks_.size()],
            .training = options.training,
            .problem = {.task = &task_,
                        .scale = source_.target_scale,
                        .train = train,
                        .validation = validation,
                        .seed = options.seed,
                        .bootstrap = options.bootstrap,
                        .feature_fraction = options.feature_fraction,
                        .augmentation = options.augmentation,
                        .test_views = options.augmentation.any() ? options.test_views : 1,
                        .background = source_.background}};
}

std::size_t Experiment::steps(const train::MemberSpec& spec) const {
    return (spec.problem.train.size() + spec.training.batch - 1) / spec.training.batch * spec.training.epochs;
}

double Experiment::cost(const train::MemberSpec& spec) const {
    if (operations_.empty()) return 1;
    const double pretraining = train::pretraining_share(*spec.network, spec.training);
    return operations_[spec.index % networks_.size()] * static_cast<double>(spec.problem.train.size()) *
           static_cast<double>(spec.training.epochs) * (1 + pretraining);
}

train::Footprint Experiment::footprint() const {
    train::Footprint largest;
    for (std::uint32_t i = 0; i < distinct_members(options_); ++i) {
        const train::MemberSpec spec = member(i);
        const train::Footprint each = train::footprint(*spec.network, spec.training, spec.problem.train.size());
        if (each.total() > largest.total()) largest = each;
    }
    return largest;
}

std::string Experiment::fault_of(const train::MemberState& state) const {
    if (state.member >= options_.members) return fmt::format("it is member {} of {}", state.member, options_.members);
    const train::MemberSpec spec = member(state.member);
    return train::fault_of(state, task_, *spec.network, spec.training, spec.problem.train.size());
}

std::string Experiment::digest_of(std::uint32_t member) const {
    // A member does not depend on how many others there are, how it is used and combined, or where its data lay.
    const Options options = options_of(member);
    std::string text = "data sha256 = " + source_.sha256 + "\n";
    for (const Setting& setting : settings()) {
        const auto value = makes_members(setting.role) ? setting.get(options) : std::nullopt;
        if (value) text += setting.lasting_name() + " = " + text_of(*value) + "\n";
    }
    return core::hex(core::sha256(std::as_bytes(std::span(text))));
}

std::string Experiment::digest() const {
    if (!members_differ(options_)) return digest_of(0);
    std::string all;
    for (std::uint32_t member = 0; member < options_.members; ++member) all += digest_of(member) + "\n";
    return core::hex(core::sha256(std::as_bytes(std::span(all))));
}

}  // namespace ensemble::config
