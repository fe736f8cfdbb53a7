#include "run/preview.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/ranges.h>

#include "config/settings.hpp"
#include "config/variation.hpp"
#include "core/printable.hpp"
#include "core/text.hpp"
#include "model/network_summary.hpp"
#include "run/network_table.hpp"
#include "run/preflight.hpp"
#include "run/training_time.hpp"
#include "schedule/plan.hpp"

namespace ensemble::run {
namespace {

constexpr std::size_t log_columns = 120;  ///< of what is not written to a terminal

/// "1 number to predict (price)".
std::string targets_text(const config::Experiment& experiment) {
    constexpr std::size_t most_names = 10;
    std::vector<std::string> names = experiment.source().target_names;
    const std::size_t more = names.size() - std::min(names.size(), most_names);
    names.resize(names.size() - more);
    return fmt::format("{} to predict ({}{})", core::counted(experiment.targets(), "number"), fmt::join(names, ", "),
                       more > 0 ? fmt::format(" and {} more", more) : "");
}

/// "28×28", "301 values".
std::string row_text(const core::Shape& shape) {
    return shape.rank() == 1 ? core::counted(shape[0], "value") : shape.text();
}

std::string data_text(const config::Experiment& experiment) {
    const data::Split& split = experiment.split();
    constexpr std::size_t most_names = 10;
    const std::vector<std::string>& names = experiment.source().class_names;
    const std::string named =
        names.empty() || names.size() > most_names ? "" : fmt::format(" ({})", fmt::join(names, ", "));
    const std::string learnt = experiment.task().kind == task::Kind::classification
                                   ? fmt::format("{} classes{}", experiment.targets(), named)
                                   : targets_text(experiment);
    const std::size_t folds = experiment.options().folds;
    const std::string parts = folds > 0 ? fmt::format("{} rows in {} folds", core::grouped(split.train.size()), folds)
                                        : fmt::format("{} training, {} validation", core::grouped(split.train.size()),
                                                      core::grouped(split.validation.size()));
    return fmt::format("{}: {} and {} test rows of {}, {}", experiment.source().name, parts,
                       core::grouped(split.test.size()), row_text(experiment.source().train.shape()), learnt);
}

/// Which rows belong together, and what they weigh, each in a line; empty where there is nothing to tell.
std::string rows_text(const config::Experiment& experiment) {
    const data::Source& source = experiment.source();
    const data::Split& split = experiment.split();
    std::string text;
    if (const auto groups = source.train.groups(); !groups.empty()) {
        const auto count = [&](std::span<const std::uint32_t> rows) {
            std::set<std::uint32_t> different;
            for (const std::uint32_t row : rows) different.insert(groups[row]);
            return core::grouped(different.size());
        };
        const bool has_folds = experiment.options().folds > 0;
        text += fmt::format("\ngroups    by {}: {} {}{}{}", source.group_name, count(split.train),
                            has_folds ? "in the folds" : "training",
                            has_folds ? "" : fmt::format(", {} validation", count(split.validation)),
                            split.test_is_separate ? "" : fmt::format(", {} test", count(split.test)));
    }
    if (const auto weights = source.train.weights(); !weights.empty()) {
        const auto is_zero = [&](std::uint32_t row) { return weights[row] == 0; };
        const auto unused = static_cast<std::size_t>(std::ranges::count_if(split.train, is_zero));
        text += fmt::format("\nweights   by {}, in training and its validation loss{}", source.weight_name,
                            unused == 0 ? "" : fmt::format("; {} training rows weigh nothing", core::grouped(unused)));
    }
    if (experiment.options().training.class_weight == train::ClassWeight::balanced)
        text += "\nclasses   weigh the same, in training and its validation loss";
    return text;
}

/// The networks, and what members differ in, each in a line.
std::string network_text(const config::Experiment& experiment) {
    std::vector<std::string> lines;
    for (const model::Network& network : experiment.networks())
        lines.push_back(fmt::format("{} ({})", network.text(), core::counted(network.parameter_count(), "parameter")));
    std::string text = fmt::format("network   {}", fmt::join(lines, "\nnetwork   "));
    for (const config::Variation& variation : experiment.options().variations)
        text += fmt::format("\nvaries    {}", config::text_of(variation));
    return text;
}

std::string training_text(const config::Experiment& experiment) {
    const config::Options& options = experiment.options();
    const auto varies = [&](std::string_view name) {
        return std::ranges::any_of(options.variations, [&](const auto& each) { return each.setting == name; });
    };
    const auto chosen = [&](std::string_view name) {
        return varies(name) ? "as varied" : config::text_of(*config::find_setting(name)->value(options));
    };
    const std::size_t steps = experiment.steps(experiment.member(0)) * options.snapshots;
    const bool is_told = options.epochs_are_chosen && !config::members_differ(options);
    const std::string why = is_told ? fmt::format(" (auto: {} steps)", core::grouped(steps)) : "";
    const std::string epochs = varies("epochs") ? "epochs as varied" : core::counted(options.training.epochs, "epoch");
    const std::string optimizer = varies("optimizer") ? "optimizer as varied" : chosen("optimizer");
    const std::string schedule = varies("schedule") ? "schedule as varied" : chosen("schedule");
    const std::string cycles =
        options.snapshots > 1 ? fmt::format(" in {} cycles, of which each leaves a member", options.snapshots) : "";
    return fmt::format("{}{}{}, batch {}, {}, learning rate {}{}", epochs, why, cycles, chosen("batch"), optimizer,
                       chosen("lr"), schedule == "constant" ? "" : " (" + schedule + ")");
}

/// What a member takes, part by part.
std::string memory_text(const config::Experiment& experiment) {
    const train::Hyperparameters training = experiment.largest_member().training;
    const train::Footprint parts = experiment.footprint();
    std::vector<std::string> words;
    const auto add = [&](std::size_t count, const std::string& what) {
        if (count > 0) words.push_back(core::bytes(count) + " " + what);
    };
    add(parts.parameters, "parameters");
    add(parts.gradients, "gradients");
    add(parts.optimizer, fmt::format("moments of {}", core::name_of(training.optimizer)));
    add(parts.means, "mean of the weights");
    add(parts.best, "best epoch");
    add(parts.activations, fmt::format("activations at batch {}", training.batch));
    add(parts.evaluation, "evaluation");
    add(parts.observation, "looks into layers");
    const std::string_view whose = config::members_differ(experiment.options()) ? "the largest member" : "a member";
    return fmt::format("{} for {}: {}", core::bytes(parts.total()), whose, fmt::join(words, ", "));
}

/// What finished members and the ensemble leave in predictions/ and beside it.
std::size_t prediction_bytes(const config::Experiment& experiment) {
    std::size_t rows = 0;
    for (const config::EvaluationSet& set : experiment.evaluation_sets()) rows += set.rows.size();
    return experiment.options().members * rows * experiment.predicted_width() * sizeof(float);
}

std::string rank_lines(const schedule::Plan& plan, const std::vector<std::string>& hosts) {
    constexpr std::size_t most_ranks = 16;
    constexpr std::size_t most_members = 8;
    std::string text;
    for (std::size_t rank = 0; rank < std::min(plan.members.size(), most_ranks); ++rank) {
        const auto& members = plan.members[rank];
        const std::vector<std::size_t> first(
            members.begin(), members.begin() + static_cast<std::ptrdiff_t>(std::min(members.size(), most_members)));
        text += fmt::format(
            "  rank {} on {}: {}{}\n", rank, hosts.at(rank),
            first.empty() ? "no member" : fmt::format("members {}", fmt::join(first, ", ")),
            members.size() > first.size() ? fmt::format(" and {} more", members.size() - first.size()) : "");
    }
    if (plan.members.size() > most_ranks)
        text += fmt::format("  and {} more ranks\n", plan.members.size() - most_ranks);
    return text;
}

std::string check_lines(const std::vector<std::string>& hosts, const std::vector<std::string>& notices) {
    const std::set<std::string> distinct(hosts.begin(), hosts.end());
    std::string text = fmt::format("checks    program, settings and data are the same on {}\n",
                                   distinct.size() == 1 ? "all ranks" : fmt::format("all {} hosts", distinct.size()));
    for (const std::string& notice : notices) text += fmt::format("  note: {}\n", notice);
    return text;
}

/// When all will be done, from a moment of training the longest member.
std::string time_text(const config::Experiment& experiment, std::size_t node_ranks, double makespan) {
    const auto measured = measure_time(experiment, node_ranks);
    if (!measured) return "cannot be measured: memory does not suffice to train a member";
    const bool differ = config::members_differ(experiment.options());
    return fmt::format("about {}{} ({} for {}, measured on rank 0)",
                       core::duration(makespan / measured->lengths.at(measured->member) * measured->seconds),
                       experiment.options().training.patience > 0 ? " at most" : "", core::duration(measured->seconds),
                       differ ? fmt::format("the longest, member {}", measured->member) : "a member");
}

std::string network_tables(const config::Experiment& experiment, const report::Terminal& terminal) {
    const config::Options& options = experiment.options();
    std::vector<std::string> tables;
    for (const model::Network& network : experiment.networks()) {
        const auto summary = model::summarise(network, options.training.batch, options.training.precision);
        tables.push_back(network_table(summary, terminal));
    }
    return fmt::format("{}", fmt::join(tables, "\n"));
}

std::string head_text(const config::Experiment& experiment) {
    return fmt::format("data      {}{}\n{}\ntraining  {}\n", data_text(experiment), rows_text(experiment),
                       network_text(experiment), training_text(experiment));
}

std::string plan_text(const config::Experiment& experiment, const std::vector<std::string>& hosts,
                      std::size_t node_ranks) {
    const config::Options& options = experiment.options();
    const std::vector<double> lengths = lengths_of_members(experiment);
    const schedule::Plan plan = plan_of(lengths, options.snapshots, hosts.size());
    const data::Source& source = experiment.source();
    const std::size_t data_bytes =
        source.train.feature_bytes().size() + (source.test ? source.test->feature_bytes().size() : 0);
    return fmt::format(
        "\nFLOPs: additions and multiplications for one row, forward; training: forward and backward; memory: "
        "activations of a batch of {}, none where a layer works in place; their gradients share what they can\n\n"
        "memory    {}; each rank trains one at a time\n"
        "          {} of data, once on each host\n"
        "files     {} of predictions\n"
        "members   each to the rank that is free first{}:\n{}"
        "time      {}; ranks idle {} of it, efficiency at most {}\n",
        options.training.batch, memory_text(experiment), core::bytes(data_bytes),
        core::bytes(prediction_bytes(experiment)),
        config::members_differ(options) ? ", the longest first, if they take as long as their operations let expect"
                                        : "; if all take equally long",
        rank_lines(plan, hosts), time_text(experiment, node_ranks, plan.makespan), core::percent(plan.idle_fraction, 1),
        core::percent(1 - plan.idle_fraction, 1));
}

std::string members_text(const config::Options& options) {
    return fmt::format("{}{}", options.stop_when > 0 ? "at most " : "", core::counted(options.members, "member"));
}

}  // namespace

std::string announcement(const config::Experiment& experiment, int ranks) {
    return fmt::format("ensemble  {} on {}\n{}", members_text(experiment.options()),
                       core::counted(static_cast<std::uint64_t>(ranks), "rank"), head_text(experiment));
}

std::string preview(const comm::Communicator& world, const config::Experiment& experiment,
                    const std::vector<std::string>& notices, const report::Terminal& terminal) {
    comm::Communicator ranks = world;
    const std::vector<std::string> hosts = ranks.gather(ranks.host());
    std::string text;
    ranks.run_everywhere([&] {
        if (!ranks.is_root()) return;
        const auto fitted = [&](const std::string& words) {
            return core::wrapped(core::printable_lines(words), terminal.live ? terminal.columns : log_columns);
        };
        const std::string title = fmt::format("Plan of {} on {} (nothing is trained or written)\n",
                                              members_text(experiment.options()), core::counted(hosts.size(), "rank"));
        text = fitted(title + head_text(experiment) + "\n") + network_tables(experiment, terminal) +
               fitted(plan_text(experiment, hosts, static_cast<std::size_t>(ranks.node_size())) +
                      check_lines(hosts, notices));
    });
    return text;
}

}  // namespace ensemble::run
