#include "run/training_time.hpp"

#include <algorithm>
#include <new>
#include <numeric>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "compute/prepared_pool.hpp"
#include "config/variation.hpp"
#include "core/error.hpp"
#include "core/stopwatch.hpp"
#include "core/text.hpp"
#include "run/machine.hpp"
#include "run/preflight.hpp"
#include "schedule/root.hpp"
#include "schedule/work_queue.hpp"
#include "train/pretraining.hpp"
#include "train/trainer.hpp"

namespace ensemble::run {
namespace {

/// Of a step of training, what running forward alone costs.
constexpr double forward_share = 1.0 / 3;

/// What validation adds to an epoch of training.
double validation_share(const train::Problem& problem) {
    return forward_share * static_cast<double>(problem.validation.size()) / static_cast<double>(problem.train.size());
}

/// Seconds that this rank needs for one member, from a moment of training; none where memory does not suffice for it.
std::optional<double> seconds_per_member(const config::Experiment& experiment, std::uint32_t member) {
    if (!has_memory_for(rank_bytes(experiment))) return std::nullopt;
    constexpr double moment_s = 0.3;
    // Of pretraining a moment would tell little: its cost follows from that of the training proper.
    const train::MemberSpec spec = experiment.member(member);
    train::Hyperparameters training = spec.training;
    const double pretraining = train::pretraining_share(*spec.network, training);
    if (pretraining > 0) training.initialiser = model::Initialiser::xavier;
    compute::PreparedPool pool;
    pool.resize(std::max<std::size_t>(experiment.options().threads, 1));
    try {
        train::Trainer trainer(*spec.network, training, spec.problem, spec.index, &pool);
        trainer.step();  // the first one warms up
        const core::Stopwatch watch;
        const std::uint64_t before = trainer.state().updates;
        bool saw_validation = false;
        while (!trainer.finished() && watch.seconds() < moment_s) saw_validation |= trainer.step().has_value();
        const double seconds = watch.seconds();
        // Where it stopped early, another may go on for all epochs.
        const double trained =
            static_cast<double>(trainer.state().updates - before) / static_cast<double>(experiment.steps(spec));
        const double more = pretraining + (saw_validation ? 0 : validation_share(spec.problem));
        return trained > 0 ? (1 + more) * seconds / trained : 0.0;
    } catch (const std::bad_alloc&) {
        return std::nullopt;  // what kernels need for a moment comes on top
    }
}

}  // namespace

std::vector<double> lengths_of_members(const config::Experiment& experiment) {
    std::vector<double> lengths;
    for (const schedule::MemberWork& work : schedule::planned_work(experiment)) lengths.push_back(work.whole);
    return lengths;
}

schedule::Plan plan_of(const std::vector<double>& lengths, std::size_t together, std::size_t ranks) {
    std::vector<double> units;
    for (const schedule::WorkUnit& unit : schedule::units_of(lengths.size(), together)) {
        const auto first = lengths.begin() + unit.first;
        units.push_back(std::accumulate(first, first + unit.count, 0.0));
    }
    schedule::Plan plan = schedule::plan(units, ranks);
    for (std::vector<std::size_t>& of_rank : plan.members) {
        std::vector<std::size_t> members;
        for (const std::size_t unit : of_rank)
            for (std::size_t i = 0; i < together; ++i) members.push_back(unit * together + i);
        of_rank = std::move(members);
    }
    return plan;
}

std::optional<MeasuredTime> measure_time(const config::Experiment& experiment, std::size_t node_ranks) {
    MeasuredTime measured{.lengths = lengths_of_members(experiment)};
    const std::size_t threads = std::max<std::size_t>(experiment.options().threads, 1);
    const double wanted = static_cast<double>(node_ranks * threads);
    const double crowding = std::max(1.0, wanted / static_cast<double>(allowed_cores()));
    const auto longest = std::ranges::max_element(measured.lengths);
    measured.member = static_cast<std::uint32_t>(longest - measured.lengths.begin());
    const std::optional<double> seconds = seconds_per_member(experiment, measured.member);
    if (!seconds) return std::nullopt;
    measured.seconds = *seconds * crowding;
    return measured;
}

Effort fit(const Effort& wanted, const EffortSteps& steps, double limit_s,
           const std::function<double(const Effort&)>& seconds_of) {
    constexpr std::size_t enough_members = 3;
    Effort effort = wanted;
    // By as few steps as suffice, or all; found by halves, for there may be milliards of epochs.
    const auto lower = [&](std::size_t Effort::*part, std::size_t step, std::size_t least) {
        const std::size_t from = effort.*part;
        const auto fits = [&](std::size_t steps_down) {
            effort.*part = from - steps_down * step;
            return seconds_of(effort) <= limit_s;
        };
        least = std::max(least, step);
        std::size_t too_few = 0;
        std::size_t enough = from > least ? (from - least) / step : 0;
        if (fits(too_few)) return;
        while (enough - too_few > 1) {
            const std::size_t middle = std::midpoint(too_few, enough);
            (fits(middle) ? enough : too_few) = middle;
        }
        effort.*part = from - enough * step;
    };
    lower(&Effort::epochs, steps.epochs, wanted.epochs / 2);
    lower(&Effort::members, steps.members, enough_members);
    lower(&Effort::epochs, steps.epochs, 1);
    lower(&Effort::members, steps.members, 1);
    // Ranks that would be idle while others train their last member may as well train one more.
    Effort more = effort;
    more.members += steps.members;
    while (more.members <= wanted.members && seconds_of(more) <= limit_s) {
        effort = more;
        more.members += steps.members;
    }
    return effort;
}

std::string fit_into_budget(config::Options& options, const config::Experiment& experiment,
                            const comm::Communicator& world, double since_start_s) {
    if (options.time_budget_s == 0) return {};
    for (const config::Variation& variation : options.variations) {
        if (variation.setting == "epochs")
            core::fail(core::Failure::usage,
                       "--time-budget: members differ in their epochs, which would have to be chosen; leave out "
                       "--vary epochs or the time");
    }
    const auto measured = measure_time(experiment, static_cast<std::size_t>(world.node_size()));
    if (!measured) return "--time-budget is left out: memory does not suffice to train a member and to measure it";
    constexpr double usable = 0.9;  // of the time: what is left is for the predictions and what follows from them
    const auto seconds_of = [&](const Effort& effort) {
        const auto end = measured->lengths.begin() + static_cast<std::ptrdiff_t>(effort.members);
        const auto plan =
            plan_of({measured->lengths.begin(), end}, options.snapshots, static_cast<std::size_t>(world.size()));
        const double share =
            static_cast<double>(effort.epochs) / static_cast<double>(experiment.options().training.epochs);
        return plan.makespan / measured->lengths.at(measured->member) * measured->seconds * share;
    };
    const Effort wanted{.members = options.members, .epochs = experiment.options().training.epochs};
    const EffortSteps steps{.members = std::max({options.snapshots, options.folds, std::size_t{1}}),
                            .epochs = options.snapshots};
    const double limit_s = usable * options.time_budget_s - since_start_s;
    const Effort effort = fit(wanted, steps, limit_s, seconds_of);
    options.members = effort.members;
    options.training.epochs = effort.epochs;
    options.epochs_are_chosen = options.epochs_are_chosen && effort.epochs == wanted.epochs;
    options.min_members = std::min(options.min_members, effort.members);
    const std::string without = effort == wanted ? "; they fit"
                                                 : fmt::format("; without it there would be {} of {}",
                                                               core::counted(wanted.members, "member"), wanted.epochs);
    const bool is_short = seconds_of(effort) > limit_s;
    return fmt::format(
        "--time-budget: {} of {} take{} about {}{}, measured on rank 0{}", core::counted(effort.members, "member"),
        core::counted(effort.epochs, "epoch"), effort.members == 1 ? "s" : "", core::duration(seconds_of(effort)),
        options.training.patience > 0 ? " at most" : "",
        is_short ? fmt::format("; that is the least there is, and more than the {} that starting has left",
                               core::duration(std::max(limit_s, 0.0)))
                 : without);
}

}  // namespace ensemble::run
