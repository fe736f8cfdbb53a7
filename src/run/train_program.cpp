#include "run/train_program.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "comm/heartbeat_monitor.hpp"
#include "comm/launcher.hpp"
#include "core/printable.hpp"
#include "core/stopwatch.hpp"
#include "core/text.hpp"
#include "report/display.hpp"
#include "report/table.hpp"
#include "run/dropout_baseline.hpp"
#include "run/ensemble_events.hpp"
#include "run/interrupt.hpp"
#include "run/machine.hpp"
#include "run/member_events.hpp"
#include "run/open_run_directory.hpp"
#include "run/page_examples.hpp"
#include "run/page_files.hpp"
#include "run/placement.hpp"
#include "run/preflight.hpp"
#include "run/preview.hpp"
#include "run/replay.hpp"
#include "run/results.hpp"
#include "run/run_hooks.hpp"
#include "run/run_log.hpp"
#include "run/run_storage.hpp"
#include "run/standard_streams.hpp"
#include "run/startup.hpp"
#include "run/write_model.hpp"
#include "schedule/training.hpp"
#include "store/checkpoints.hpp"
#include "store/file.hpp"
#include "store/history.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {
namespace {

using core::fail;
using core::Failure;

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

report::Terminal terminal_of(const comm::Communicator& world) {
    const auto environment = [](const char* name) { return std::getenv(name); };
    const bool under_launcher = world.size() > 1 || !comm::detect_launch(environment).launcher.empty();
    return report::detect_terminal(environment, under_launcher);
}

/// The run after its start: trains, shows, saves and sums up. Collective.
class Run {
public:
    Run(const comm::Communicator& world, const config::Experiment& experiment, const core::Stopwatch& since_start,
        const Tell& tell)
        : world_(world),
          experiment_(experiment),
          since_start_(since_start),
          is_resumed_(world.is_root() && goes_on(experiment.options())),
          directory_(open_run_directory(world, experiment)),
          log_(directory_.log(world.rank())),
          monitor_(directory_.logs(), world.rank(), comm::processes_of(world),
                   {.dead_after_s = experiment.options().dead_after_s, .recovers = experiment.options().recover},
                   [this](const std::string& text) { log_.note(text); }),
          storage_(experiment, directory_, log_, writing_guard()),
          tell_(tell ? tell : print),
          terminal_(tell ? report::Terminal{.utf8 = true} : terminal_of(world)),
          display_(terminal_, tell_),
          hooks_(world_, experiment, directory_, log_, monitor_, terminal_, display_, since_start) {}

    void execute(const std::vector<std::string>& notices) {
        world_.while_waiting([this] { watch(); });
        const std::size_t threads = experiment_.options().threads;
        const std::string few_cores = note_of_few_cores(world_, threads);
        if (!few_cores.empty()) display_.line(fmt::format("note: {}", few_cores));
        schedule::StartingPoint start;
        if (threads == 0) start.placements = find_placements(world_);
        if (world_.is_root()) start.work = begin(notices);
        const double begin_s = since_start_.seconds();
        const schedule::Trained trained = train(std::move(start));
        if (!world_.is_root()) return;
        monitor_.rest();
        try {
            conclude(trained, begin_s);
        } catch (const core::Error& error) {
            schedule::dismiss(world_, *trained.coordinator, error.exit_code());
            throw comm::SharedError(error.kind(), error.what());
        }
        schedule::dismiss(world_, *trained.coordinator, 0);
    }

private:
    /// While waiting in a collective, which nobody can leave alone.
    void watch() {
        monitor_.turn();
        for (const comm::RankFailure& failure : monitor_.take_failures())
            fail(Failure::run, "rank {} {}; {}", failure.rank, failure.why, hooks_.what_survives());
    }

    /// Where others take over, nobody writes who was given up.
    [[nodiscard]] std::function<void()> writing_guard() {
        if (!experiment_.options().recover) return {};
        return [this] { monitor_.leave_if_lost(); };
    }

    /// Who looks into members for TensorBoard, where that is asked for.
    [[nodiscard]] schedule::MakeProbe make_probe() {
        if (!experiment_.options().tensorboard) return {};
        return [this](const train::MemberSpec& spec, const train::MemberState* saved) {
            return std::make_unique<MemberEvents>(experiment_, spec, saved, directory_, writing_guard());
        };
    }

    /// Says what begins; what is to be done for each member. Root only.
    [[nodiscard]] std::vector<schedule::MemberWork> begin(const std::vector<std::string>& notices) {
        display_.line(announcement(experiment_, world_.size()));
        for (const std::string& notice : notices) display_.line(fmt::format("note: {}", notice));
        if (!directory_.is_locked())
            display_.line("note: this file system has no locks, so nothing keeps another run out of the directory");
        if (experiment_.options().tensorboard) {
            ensemble_events_.emplace(experiment_, directory_);
            ensemble_events_->write_samples();
        }
        if (!is_resumed_) {
            if (experiment_.options().resume) display_.line("note: no run to go on with is there yet; this one begins");
            return schedule::planned_work(experiment_);
        }
        hooks_.set_last_activity(directory_.last_activity());
        const store::EpochSeconds known = directory_.sort_history();
        display_.line(fmt::format("resumed   {}", hooks_.progress_text()));
        hooks_.set_known_epochs(known);
        return schedule::what_is_left(schedule::planned_work(experiment_), store::saved_members(directory_), known);
    }

    [[nodiscard]] schedule::Trained train(schedule::StartingPoint start) {
        log_.note(fmt::format("rank {} of {} on {}, process {}, may use {}", world_.rank(), world_.size(),
                              world_.host(), getpid(), core::counted(allowed_cores(), "core")));
        try {
            schedule::Trained trained =
                schedule::train_members(world_, experiment_, storage_, hooks_, std::move(start),
                                        schedule::training_of_networks(experiment_, make_probe()));
            display_.clear();
            return trained;
        } catch (...) {
            display_.clear();
            throw;
        }
    }

    /// Writes what has come out. Throws core::Error (stopped) if that is not the whole yet. Root only.
    void conclude(const schedule::Trained& trained, double begin_s) {
        const double trained_s = since_start_.seconds();
        const schedule::Coordinator& coordinator = *trained.coordinator;
        const std::size_t wanted = experiment_.options().min_members;
        const std::vector<analysis::MemberResult> members = coordinator.results();
        const auto included =
            static_cast<std::size_t>(std::ranges::count_if(members, &analysis::MemberResult::is_included));
        const bool is_complete = coordinator.missing().empty();
        const auto planned = static_cast<std::uint32_t>(experiment_.options().members);
        const auto needed = static_cast<std::uint32_t>(coordinator.members());
        if (is_complete && needed == planned && included < wanted) {
            fail(Failure::run, "only {} of {} are usable, and --min-members asks for {}; {}", included,
                 core::counted(experiment_.options().members, "member"), wanted, hooks_.what_survives());
        }
        const bool is_partial = !is_complete && (wanted == 0 || included < wanted);
        if (coordinator.ranks_lost() > 0) directory_.remove_temporaries();
        store::Summary summary = write_results(experiment_, trained, directory_, is_partial);
        if (!is_partial) summary.mc_dropout = write_dropout_baseline(experiment_, directory_, summary.members);
        if (ensemble_events_ && !is_partial) ensemble_events_->write_scores(summary);
        summary.timing = timing_of(trained, world_.size());
        summary.timing.startup_s = begin_s + trained.first_step_s;
        summary.timing.wall_s = since_start_.seconds();
        summary.timing.combine_s = summary.timing.wall_s - trained_s;
        if (!is_partial) directory_.remove_members(needed, planned);
        const std::string text = store::to_json(summary);
        if (!is_partial) {
            write_model(experiment_, trained, directory_);
            write_examples(experiment_, *trained.analysis->analysis(), directory_);
            write_page(summary, text, *trained.analysis->analysis(), directory_);
        }
        store::write_file_atomically(is_partial ? directory_.partial_summary() : directory_.summary(), text);
        tell_(report::results_table(summary, core::printable(directory_.path().string()), terminal_));
        // What is not part of the results goes when they are durable, not before.
        if (!is_partial) return directory_.remove_unfinished();
        fail(Failure::stopped, "stopped by {}; {}; what the finished ones give is in '{}'; {}",
             coordinator.suspended_by(), hooks_.progress_text(), directory_.partial_summary().string(),
             hooks_.how_to_go_on());
    }

    comm::Communicator world_;
    const config::Experiment& experiment_;
    const core::Stopwatch& since_start_;
    bool is_resumed_;  ///< known on the root only
    store::RunDirectory directory_;
    RunLog log_;
    comm::HeartbeatMonitor monitor_;
    RunStorage storage_;
    Tell tell_;
    report::Terminal terminal_;
    report::Display display_;
    RunHooks hooks_;
    std::optional<EnsembleEvents> ensemble_events_;  ///< on the root, where they are asked for
};

}  // namespace

int train_ensemble(const comm::Communicator& world, std::span<const char* const> words) {
    return train_and_tell(world, words, {});
}

int train_and_tell(const comm::Communicator& world, std::span<const char* const> words, const Tell& tell) {
    const core::Stopwatch since_start;
    const Started started = start_up(world, words, since_start);
    const auto& experiment = started.experiment;
    if (!experiment) return 0;
    if (started.replay) {
        comm::Communicator(world).run_everywhere([&] {
            if (world.is_root()) replay_member(*experiment, *started.replay);
        });
        return 0;
    }
    const std::vector<std::string> notices = preflight(world, *experiment);
    if (experiment->options().dry_run) {
        const report::Terminal terminal = terminal_of(world);
        const std::string text = preview(world, *experiment, notices, terminal);
        comm::Communicator(world).run_everywhere([&] { print_answer(terminal.utf8 ? text : core::to_ascii(text)); });
        return 0;
    }
    note_signals();  // a directory is made
    Run(world, *experiment, since_start, tell).execute(notices);
    return 0;
}

}  // namespace ensemble::run
