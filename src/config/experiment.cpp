#include "config/experiment.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include <fmt/ranges.h>

#include "analysis/combination.hpp"
#include "config/load_data.hpp"
#include "config/refusals.hpp"
#include "config/settings.hpp"
#include "config/snapshots.hpp"
#include "config/stopping.hpp"
#include "config/variation.hpp"
#include "core/error.hpp"
#include "data/pipeline.hpp"
#include "model/network_summary.hpp"
#include "train/pretraining.hpp"
#include "train/state_check.hpp"

namespace ensemble::config {
namespace {

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

/// The columns of a text table as networks see them: numbers, and the levels of categories. Empty where they see
/// something else.
std::vector<model::InputColumn> input_columns(const data::Source& source) {
    std::vector<model::InputColumn> columns;
    std::size_t features = 0;
    for (const data::Column& column : source.columns) {
        columns.push_back({.features = column.features, .is_number = column.kind == data::ColumnKind::number});
        features += column.features;
    }
    if (features != source.train.shape().elements()) columns.clear();
    return columns;
}

std::vector<model::Network> make_networks(const Options& options, const task::Task& task, const data::Source& source) {
    const data::Table& table = source.train;
    std::vector<model::Network> networks;
    for (const std::string& net : options.nets)
        networks.emplace_back(net, table.shape(), task.output_width(table.outputs()),
                              table.description().ragged ? model::Lengths::different : model::Lengths::equal,
                              input_columns(source));
    return networks;
}

/// The rows that are not for testing twice, one after the other: what is trained on without one part is a stretch of
/// these. Empty without folds.
std::vector<std::uint32_t> rows_twice(const data::Split& split, std::size_t folds) {
    std::vector<std::uint32_t> rows;
    for (int copy = 0; folds > 0 && copy < 2; ++copy) rows.insert(rows.end(), split.train.begin(), split.train.end());
    return rows;
}

/// With the batch no larger than the data, and as many epochs as they need: of few rows 20 would be but a few steps.
Options resolved(Options options, std::size_t rows) {
    constexpr std::size_t least_epochs = 20;
    constexpr std::size_t enough_steps = 1000;
    train::Hyperparameters& training = options.training;
    std::size_t largest = training.batch;  // of any member: none makes fewer steps than with this
    for (std::uint32_t member = 0; members_differ(options) && member < distinct_members(options); ++member)
        largest = std::max(largest, options_of_member(options, member).training.batch);
    largest = std::min(largest, rows);
    training.batch = std::min(training.batch, rows);
    if (training.epochs > 0) {
        require_whole_cycles(options);
        return options;
    }
    options.epochs_are_chosen = true;
    const std::size_t steps = (rows + largest - 1) / largest;
    training.epochs = std::max(least_epochs, (enough_steps + steps - 1) / steps);
    training.epochs = (training.epochs + options.snapshots - 1) / options.snapshots * options.snapshots;
    return options;
}

/// What a member sees of the columns of a text table.
struct Encoded {
    std::vector<std::size_t> columns;
    std::vector<data::FeatureRange> unseen;
    std::vector<data::FeatureRange> begin_at_zero;
};

Encoded encoded_for(data::Encoding wanted, const data::Source& source) {
    Encoded encoded;
    const bool is_wide = std::ranges::any_of(source.columns, [](const data::Column& c) { return c.features != 1; });
    for (const data::Column& column : source.columns) {
        if (is_wide) encoded.columns.push_back(column.features);
    }
    if (source.pipeline == nullptr || source.pipeline->parts().encoding == nullptr || source.columns.empty())
        return encoded;
    const data::Encoding own = data::encoding_in_use(wanted, source);
    for (const data::Encoding each : {data::Encoding::ple, data::Encoding::ple_target}) {
        const auto features = source.pipeline->parts().encoding->features_of(each);
        auto& ranges = each == own ? encoded.begin_at_zero : encoded.unseen;
        ranges.insert(ranges.end(), features.begin(), features.end());
    }
    return encoded;
}

}  // namespace

void resolve_combination(Options& options, task::Kind kind) {
    const auto all = analysis::combinations_of(kind);
    const std::size_t place = analysis::find_combination(kind, options.combine);
    if (place == all.size()) {
        std::vector<std::string_view> names;
        for (const analysis::Combination* each : all) names.push_back(each->name);
        core::fail(core::Failure::usage, "--combine {}: is none for {}, which has: {}", options.combine,
                   core::name_of(kind), fmt::join(names, " "));
    }
    options.combine = all[place]->name;
    if (options.calibrate != analysis::Calibrate::none && kind != task::Kind::classification) {
        core::fail(core::Failure::usage, "--calibrate {}: is for the probabilities of classes, and these are numbers",
                   core::name_of(options.calibrate));
    }
}

bool validation_guides_training(const Options& options) {
    const auto is_patience = [](const Variation& variation) { return variation.setting == "patience"; };
    return options.training.patience > 0 || std::ranges::any_of(options.variations, is_patience);
}

std::vector<std::size_t> fold_bounds(std::size_t rows, std::size_t folds) {
    std::vector<std::size_t> bounds;
    for (std::size_t fold = 0; fold < folds; ++fold) bounds.push_back(data::part_of(rows, fold, folds).first);
    if (folds > 0) bounds.push_back(rows);
    return bounds;
}

Experiment::Experiment(const Options& options, data::Source source)
    : source_(std::move(source)),
      split_(data::split(source_, split_request(options))),
      task_(task_of(options, source_.train)),
      networks_(make_networks(options, task_, source_)),
      rows_twice_(rows_twice(split_, options.folds)),
      options_(resolved(options, training_rows(options.folds, 0).size())),
      sets_(options_, source_, split_) {
    options_.task = source_.train.description().task;
    refuse_idle_classes(options_);
    if (options_.task == task::Kind::classification) options_.stratify = options_.stratify.value_or(true);
    for (std::size_t i = 0; i < networks_.size(); ++i) options_.nets[i] = networks_[i].text();
    const auto is_alternative = [&](const task::Task& task) { return task.kind == task_.kind && &task != &task_; };
    if (std::ranges::any_of(task::tasks(), is_alternative)) options_.loss = task_.loss_name;
    resolve_combination(options_, task_.kind);
    if (!augments(options_)) options_.test_views = 1;  // a preset's, whose distortions are not wanted
    if (options_.members < options_.folds) {
        core::fail(core::Failure::usage,
                   "--folds {}: the ensemble has only {} members, so that not every row is held out "
                   "by one; --members {} or more",
                   options_.folds, options_.members, options_.folds);
    }
    require_whole_runs(options_);
    require_gains_to_be_seen(options_, split_.validation.size());
    for (const Variation& variation : options_.variations) {
        const Setting& setting = *find_setting(variation.setting);
        if (value_in_use(setting, options_)) continue;
        core::fail(core::Failure::usage, "--vary {}: has no effect here: it belongs to {}", setting.name,
                   setting.belongs_to);
    }
    const bool some_drop =
        std::ranges::any_of(networks_, [](const model::Network& network) { return network.has("dropout"); });
    if (options_.mc_dropout > 0 && !some_drop) {
        core::fail(core::Failure::usage,
                   "--mc-dropout {}: there is no dropout in {}, so that all passes would be the same; put some in",
                   options_.mc_dropout, networks_.front().text());
    }
    for (std::uint32_t i = 0; i < distinct_members(options_); ++i) {
        const Options own = options_of(i);
        refuse_idle(own, network_of(i), source_.train, some_drop);
        refuse_lone_rows(own, network_of(i));
    }
    for (std::uint32_t i = 0; i < std::max<std::size_t>(options_.folds, 1); ++i) {
        const train::Problem problem = member(i).problem;
        refuse_weightless(options_, problem.train, "training");
        refuse_weightless(options_, problem.validation, "validation");
    }
    if (!members_differ(options_)) return;
    for (const model::Network& network : networks_)
        operations_.push_back(model::summarise(network, 1).total().training);
}

/// With folds, the rows behind the part that is held out and then those before it.
std::span<const std::uint32_t> Experiment::training_rows(std::size_t folds, std::uint32_t member) const {
    if (folds == 0) return split_.train;
    const data::RowRange part = split_.fold(member % folds);
    return std::span(rows_twice_).subspan(part.end(), split_.train.size() - part.count);
}

std::vector<std::string> Experiment::set_names() const {
    std::vector<std::string> names;
    for (const EvaluationSet& set : evaluation_sets()) names.push_back(set.name);
    return names;
}

data::RowRange Experiment::predicted_rows(const EvaluationSet& set, std::uint32_t member) const {
    const std::size_t folds = options_.folds;
    const bool is_held_out = folds > 0 && set.name == validation_set().name;
    if (!is_held_out) return {.first = 0, .count = set.rows.size()};
    return split_.fold(member % folds);
}

std::vector<std::uint8_t> Experiment::trained_on(const EvaluationSet& set, std::uint32_t member) const {
    std::vector<std::uint8_t> is_known;
    if (set.use != analysis::SetUse::out_of_bag) return is_known;
    std::vector<std::uint32_t> rows = train::sampled_rows(this->member(member).problem, member);
    std::ranges::sort(rows);
    for (const std::uint32_t row : set.rows.rows) is_known.push_back(std::ranges::binary_search(rows, row) ? 1 : 0);
    return is_known;
}

analysis::Study Experiment::study() const {
    analysis::Study study{.task = &task_, .targets = targets(), .sets = {}, .fold_bounds = {}, .seed = options_.seed};
    for (const EvaluationSet& set : evaluation_sets()) study.sets.push_back(&set);
    study.fold_bounds = split_.fold_bounds;
    study.validation_guides_training = validation_guides_training(options_);
    study.rows_are_grouped = !options_.group.empty();
    return study;
}

Options Experiment::options_of(std::uint32_t member) const {
    Options options = resolved(options_of_member(options_, member), training_rows(options_.folds, member).size());
    options.training.epochs /= options.snapshots;
    return options;
}

train::MemberSpec Experiment::member(std::uint32_t index) const {
    Options options = options_of(index);
    const bool goes_on = index % options.snapshots > 0;
    // Where it begins is known, so that there is nothing to draw or to pretrain.
    if (goes_on) options.training.initialiser = model::Initialiser::zeros;
    data::View train = data::train_view(source_, split_);
    train.rows = training_rows(options.folds, index);
    data::View validation = validation_set().rows;
    const data::RowRange held_out = predicted_rows(validation_set(), index);
    validation.rows = validation.rows.subspan(held_out.first, held_out.count);
    const Encoded encoded = encoded_for(options.encoding, source_);
    return {.index = index,
            .network = &network_of(index),
            .training = options.training,
            .problem = {.task = &task_,
                        .scale = source_.target_scale,
                        .train = train,
                        .validation = validation,
                        .seed = options.seed,
                        .sample = run_of(options, index),
                        .bootstrap = options.bootstrap,
                        .feature_fraction = options.feature_fraction,
                        .columns = encoded.columns,
                        .unseen = encoded.unseen,
                        .begin_at_zero = encoded.begin_at_zero,
                        .augmentation = options.augmentation,
                        .test_views = options.augmentation.any() ? options.test_views : 1,
                        .background = source_.background},
            .after = goes_on ? std::optional(index - 1) : std::nullopt};
}

std::size_t Experiment::steps(const train::MemberSpec& spec) const {
    return (spec.problem.train.size() + spec.training.batch - 1) / spec.training.batch * spec.training.epochs;
}

double Experiment::cost(const train::MemberSpec& spec) const {
    constexpr double step = 5e5;  // some tens of microseconds: calls, masks, loss and update
    if (operations_.empty()) return 1;
    const double pretraining = train::pretraining_share(*spec.network, spec.training);
    const double epoch = operations_[place_of(spec.index)] * static_cast<double>(spec.problem.train.size());
    const double passes = spec.training.adversarial > 0 ? 2 : 1;
    return (epoch * static_cast<double>(spec.training.epochs) + step * static_cast<double>(steps(spec))) *
           (passes + pretraining);
}

train::Footprint Experiment::footprint() const {
    return footprint_of(largest_member());
}

train::Footprint Experiment::footprint_of(const train::MemberSpec& spec) const {
    return train::footprint(*spec.network, spec.training, spec.problem.train.size(),
                            options_.tensorboard ? train::Observed::yes : train::Observed::no);
}

train::MemberSpec Experiment::largest_member() const {
    // Members of one network and batch take the same memory, but for what the optimiser, means of weights and an
    // adversary keep.
    using Kind = std::tuple<const model::Network*, std::size_t, train::OptimizerKind, train::AverageKind, bool, bool>;
    std::set<Kind> seen;
    train::MemberSpec largest = member(0);
    std::size_t most = 0;
    for (std::uint32_t i = 0; i < distinct_members(options_); ++i) {
        const train::MemberSpec spec = member(i);
        const train::Hyperparameters& training = spec.training;
        const Kind kind(spec.network, training.batch, training.optimizer, training.average, training.patience > 0,
                        training.adversarial > 0);
        if (!seen.insert(kind).second) continue;
        const std::size_t bytes = footprint_of(spec).total();
        if (bytes <= most) continue;
        most = bytes;
        largest = spec;
    }
    return largest;
}

std::string Experiment::fault_of(const train::MemberState& state) const {
    if (state.member >= options_.members) return fmt::format("it is member {} of {}", state.member, options_.members);
    const train::MemberSpec spec = member(state.member);
    return train::fault_of(state, task_, *spec.network, spec.training, spec.problem.train.size());
}

}  // namespace ensemble::config
