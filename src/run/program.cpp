#include "run/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/chrono.h>

#include "comm/heartbeat_monitor.hpp"
#include "comm/launcher.hpp"
#include "comm/status_file.hpp"
#include "core/printable.hpp"
#include "core/stopwatch.hpp"
#include "report/display.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "run/configuration.hpp"
#include "run/interrupt.hpp"
#include "run/keeper.hpp"
#include "run/machine.hpp"
#include "run/opening.hpp"
#include "run/outcome.hpp"
#include "run/plan.hpp"
#include "run/preflight.hpp"
#include "run/preview.hpp"
#include "run/resume.hpp"
#include "run/standard_streams.hpp"
#include "run/startup.hpp"
#include "run/training.hpp"
#include "store/file.hpp"
#include "store/history.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {
namespace {

namespace fs = std::filesystem;
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

/// The run after its start: trains, shows, keeps and sums up. Collective.
class Run {
public:
    Run(const comm::Communicator& world, const Experiment& experiment, const std::vector<std::string>& remarks,
        const core::Stopwatch& since_start)
        : world_(world),
          experiment_(experiment),
          remarks_(remarks),
          since_start_(since_start),
          is_resumed_(world.is_root() && goes_on(experiment.options())),
          directory_(open_directory(world, experiment)),
          monitor_(directory_.logs(), world.rank(), comm::processes_of(world),
                   {.dead_after_s = experiment.options().dead_after_s, .recovers = experiment.options().recover},
                   [this](const std::string& text) { note(text); }),
          keeper_(directory_, experiment.member_digest(), experiment.options().checkpoint_every, keeper_guard(),
                  [&experiment](const train::MemberState& state) { return experiment.fault_of(state); }),
          terminal_(terminal_of(world)),
          display_(terminal_, print) {}

    void execute() {
        world_.while_waiting([this] { watch(); });
        warn_of_few_cores();
        find_seats();
        if (world_.is_root()) begin();
        const double begin_s = since_start_.seconds();
        const Trained trained = train();
        const double trained_s = since_start_.seconds();
        if (!world_.is_root()) return;
        monitor_.rest();
        try {
            conclude(trained, begin_s, trained_s);
        } catch (const core::Error& error) {
            dismiss(world_, *trained.coordinator, error.exit_code());
            throw comm::SharedError(error.kind(), error.what());
        }
        dismiss(world_, *trained.coordinator, 0);
    }

private:
    /// While waiting in a collective, which nobody can leave alone.
    void watch() {
        monitor_.turn();
        for (const comm::RankFailure& loss : monitor_.take_failures()) {
            fail(Failure::run, "rank {} {}; {}", loss.rank, loss.why, what_survives());
        }
    }

    /// Where others take over, nobody writes who was given up.
    [[nodiscard]] std::function<void()> keeper_guard() {
        if (!experiment_.options().recover) return {};
        return [this] { monitor_.leave_if_lost(); };
    }

    /// Root only.
    void begin() {
        display_.line(announcement(experiment_, world_.size()));
        for (const std::string& remark : remarks_) display_.line(fmt::format("note: {}", remark));
        if (!directory_.is_locked()) {
            display_.line("note: this file system has no locks, so nothing keeps another run out of the directory");
        }
        if (!is_resumed_) {
            if (experiment_.options().resume) display_.line("note: no run to go on with is there yet; this one begins");
            return;
        }
        known_epochs_ = directory_.sort_history();
        const Options& options = experiment_.options();
        work_ = work_of(options.members, options.training.epochs, store::kept_members(directory_), known_epochs_);
        display_.line(fmt::format("resumed   {}", progress_text()));
    }

    /// What of the members is in the run directory. Root only.
    [[nodiscard]] std::string progress_text() const {
        const store::KeptNames kept = store::kept_members(directory_);
        const auto half_trained =
            std::ranges::count_if(kept.begun, [&](auto member) { return !kept.finished.contains(member); });
        std::string text = fmt::format("{} of {} are finished", kept.finished.size(),
                                       report::counted(experiment_.options().members, "member"));
        if (half_trained > 0) text += fmt::format(", {} more saved part-way", half_trained);
        return text;
    }

    /// Writes what has come out. Throws core::Error (stopped) if that is not the whole yet. Root only.
    void conclude(const Trained& trained, double begin_s, double trained_s) {
        const Coordinator& coordinator = *trained.coordinator;
        const std::size_t wanted = experiment_.options().min_members;
        const std::vector<analysis::MemberResult> members = coordinator.results();
        const auto usable =
            static_cast<std::size_t>(std::ranges::count_if(members, &analysis::MemberResult::is_included));
        const bool is_complete = coordinator.missing().empty();
        if (is_complete && usable < wanted) {
            fail(Failure::run, "only {} of {} are usable, and --min-members asks for {}; {}", usable,
                 report::counted(experiment_.options().members, "member"), wanted, what_survives());
        }
        const bool is_partial = !is_complete && (wanted == 0 || usable < wanted);
        if (coordinator.ranks_lost() > 0) {
            store::remove_temporaries(directory_.members());
            for (const std::string_view set : store::evaluation_set_names)
                store::remove_temporaries(directory_.evaluation_set(set));
        }
        store::Summary summary = write_results(experiment_, trained, directory_, is_partial);
        const double wall_s = since_start_.seconds();
        summary.timing = {.ranks = world_.size(),
                          .wall_s = wall_s,
                          .startup_s = begin_s + trained.first_step_s,
                          .train_s = coordinator.train_s(),
                          .combine_s = wall_s - trained_s,
                          .idle_fraction = coordinator.idle_fraction(),
                          .communication_fraction = coordinator.communication_fraction(),
                          .samples_per_s = coordinator.train_s() > 0
                                               ? static_cast<double>(coordinator.samples()) / coordinator.train_s()
                                               : 0.0,
                          .idle_s = coordinator.idle_s(),
                          .efficiency = 1 - coordinator.idle_fraction(),
                          .efficiency_bound = coordinator.efficiency_bound(),
                          .coordination_s = trained.coordination_s};
        store::write_file_atomically(is_partial ? directory_.partial_summary() : directory_.summary(),
                                     store::to_json(summary));
        print(report::results_table(summary, core::printable(directory_.path().string()), terminal_));
        // What is not part of the results goes when they are durable, not before.
        if (!is_partial) return directory_.remove_unfinished();
        fail(Failure::stopped, "stopped by {}; {}; what the finished ones give is in '{}'; {}",
             coordinator.suspended_by(), progress_text(), directory_.partial_summary().string(), how_to_go_on());
    }

    Trained train() {
        note(fmt::format("rank {} of {} on {}, process {}, may use {}", world_.rank(), world_.size(), world_.host(),
                         getpid(), report::counted(allowed_cores(), "core")));
        const core::Stopwatch clock;
        const Witness witness{
            .storage = storage(),
            .note = [&](const std::string& text) { note(text); },
            .recovers = experiment_.options().recover,
            .turn = [&] { monitor_.turn(); },
            .stop_wanted = [&] { return stop_wanted(); },
            .losses = [&] { return monitor_.take_failures(); },
            .work = work_,
            .seats = seats_,
            .epoch_done =
                [&](const train::EpochRecord& record) {
                    known_epochs_.insert({{record.member, record.epoch}, record.seconds});
                    directory_.append_history(history_line(record));
                },
            .epoch_restored = [&](const train::EpochRecord& record) { restore(record); },
            .member_done = [&](const analysis::MemberResult& member,
                               int rank) { announce(member, rank, clock.seconds()); },
            .remark = [&](const std::string& text) { display_.line(text); },
            .wants_snapshot = [&] { return display_.is_due(clock.seconds()); },
            .snapshot = [&](const report::Snapshot& snapshot) { display_.update(snapshot, clock.seconds()); },
            .what_survives = [&] { return what_survives(); }};
        try {
            Trained trained = train_members(world_, experiment_, witness);
            display_.clear();
            return trained;
        } catch (...) {
            display_.clear();
            throw;
        }
    }

    [[nodiscard]] Worker::Storage storage() {
        Worker::Storage storage{.load = {},
                                .offer = [&](const train::MemberState& state) { return keeper_.offer(state); },
                                .save = [&](const train::MemberState& state) { keeper_.save(state); },
                                .predictions = [&](std::uint32_t member) { return stored_predictions(member); },
                                .finish =
                                    [&](const train::MemberState& state, const MemberPredictions& predictions) {
                                        keeper_.finish(state, [&] { write(state.member, predictions); });
                                    },
                                .rows = [&](std::span<const std::uint32_t> members, std::size_t first,
                                            std::size_t count) { return predicted_rows(members, first, count); }};
        storage.load = [&](std::uint32_t member) {
            store::KeptMember kept = keeper_.load(member);
            for (const std::string& why : kept.refused) note(why);
            if (kept.state) note(fmt::format("member {} goes on after {} epochs", member, kept.state->epoch));
            return kept;
        };
        return storage;
    }

    [[nodiscard]] std::string history_line(const train::EpochRecord& record) const {
        return store::history_line(record, experiment_.task().metrics().front().name);
    }

    [[nodiscard]] store::PredictionFiles files_of(const EvaluationSet& set) const {
        return prediction_files(experiment_, directory_, set);
    }

    void write(std::uint32_t member, const MemberPredictions& predictions) const {
        for (std::size_t i = 0; i < predictions.size(); ++i)
            files_of(experiment_.evaluation_sets()[i]).write(member, predictions[i]);
    }

    [[nodiscard]] std::optional<MemberPredictions> stored_predictions(std::uint32_t member) const {
        MemberPredictions all;
        for (const EvaluationSet& set : experiment_.evaluation_sets()) {
            auto stored = files_of(set).read(member);
            if (!stored) return std::nullopt;
            all.push_back(std::move(*stored));
        }
        return all;
    }

    [[nodiscard]] std::vector<float> predicted_rows(std::span<const std::uint32_t> members, std::size_t first,
                                                    std::size_t count) const {
        const std::size_t each = count * experiment_.predicted_width();
        std::vector<float> block(members.size() * each);
        for (std::size_t i = 0; i < members.size(); ++i)
            files_of(experiment_.test_set())
                .read_rows(members[i], first, count, std::span(block).subspan(i * each, each));
        return block;
    }

    /// On the root the clock may want it too.
    [[nodiscard]] std::string stop_wanted() const {
        std::string signal = comm::asked_by(signal_received());
        const double limit_s = experiment_.options().time_limit_s;
        if (!signal.empty() || !world_.is_root() || limit_s == 0 || since_start_.seconds() < limit_s) return signal;
        return fmt::format("its time limit of {}", report::duration(limit_s));
    }

    /// The history has an epoch of an earlier run already, unless that was killed between keeping and writing it down.
    void restore(const train::EpochRecord& record) {
        if (!known_epochs_.insert({{record.member, record.epoch}, 0}).second) return;
        train::EpochRecord line = record;
        line.seconds = line.samples_per_s = std::numeric_limits<double>::quiet_NaN();
        directory_.append_history(history_line(line));
    }

    [[nodiscard]] std::string how_to_go_on() const {
        return fmt::format("go on with --resume --out {}", directory_.path().string());
    }

    /// A log names every member that is done; on a terminal the table does so at the end, and only bad news cannot
    /// wait.
    void announce(const analysis::MemberResult& member, int rank, double now_s) {
        if (!member.excluded.empty()) ++members_excluded_;
        if (terminal_.live && member.excluded.empty()) return;
        const std::string line = report::member_line(member, experiment_.task(), rank, world_.size());
        display_.line(terminal_.live ? line : fmt::format("{:>7}  {}", report::clock(now_s), line));
    }

    /// Each rank keeps a log of its own: what mpirun had still to print is lost if it is killed.
    void note(const std::string& text) const {
        const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        store::FileSystem system;
        try {
            store::append_line(directory_.log(world_.rank()),
                               fmt::format("{:%Y-%m-%dT%H:%M:%SZ} {}", fmt::gmtime(now), text), system);
        } catch (const core::Error&) {
            // A log that cannot be written is no reason to end a run that can go on.
        }
    }

    [[nodiscard]] std::string what_survives() const {
        if (!stop_wanted().empty()) return fmt::format("{}; {}", progress_text(), how_to_go_on());
        const auto kept = store::kept_members(directory_);
        if (kept.begun.empty() && kept.finished.empty())
            return fmt::format("no member is kept yet; {}", how_to_go_on());
        if (kept.begun.empty() && kept.finished.size() <= members_excluded_) return "no usable member is kept";
        return fmt::format("{}, in '{}'; {}", progress_text(), directory_.path().string(), how_to_go_on());
    }

    /// Open MPI binds each of few ranks to one core, which their threads then share. Collective.
    void warn_of_few_cores() {
        const std::size_t threads = experiment_.options().threads;
        const std::size_t cores = allowed_cores();
        const bool lends = threads == 0 && world_.size() > 1;
        const bool short_of_cores = lends ? cores == 1 && host_cores() > 1 : cores < threads && cores < host_cores();
        const auto notes = world_.gather(
            short_of_cores ? fmt::format("rank {} may use {} of its host's cores", world_.rank(), cores) : "");
        for (const std::string& note : notes) {
            if (note.empty()) continue;
            const std::string what =
                lends ? "so that --threads auto has none to lend it" : fmt::format("but --threads is {}", threads);
            display_.line(fmt::format("note: {}, {}; start it with mpirun --bind-to none", note, what));
            return;
        }
    }

    /// Where ranks run, if idle ones are to lend their cores; on the root. Collective.
    void find_seats() {
        if (experiment_.options().threads != 0) return;
        std::map<std::string, std::size_t> hosts;
        for (const std::string& text : world_.gather(fmt::format("{} {}", allowed_cores(), world_.host()))) {
            const std::size_t blank = text.find(' ');
            const std::size_t host = hosts.try_emplace(text.substr(blank), hosts.size()).first->second;
            seats_.push_back({.host = host, .cores = std::stoul(text.substr(0, blank))});
        }
    }

    comm::Communicator world_;
    const Experiment& experiment_;
    const std::vector<std::string>& remarks_;  ///< of preflight()
    const core::Stopwatch& since_start_;
    bool is_resumed_;  ///< known on the root only
    store::RunDirectory directory_;
    comm::HeartbeatMonitor monitor_;
    Keeper keeper_;
    report::Terminal terminal_;
    report::Display display_;
    std::size_t members_excluded_ = 0;  ///< since the start of this process
    std::vector<Seat> seats_;           ///< where idle ranks lend their cores
    std::vector<Work> work_;            ///< that an earlier run has left; else empty
    store::EpochSeconds known_epochs_;  ///< in the history
};

}  // namespace

int train_ensemble(const comm::Communicator& world, std::span<const char* const> words) {
    const core::Stopwatch since_start;
    const auto experiment = start_up(world, words);
    if (!experiment) return 0;
    const std::vector<std::string> remarks = preflight(world, *experiment);
    if (experiment->options().dry_run) {
        const report::Terminal terminal = terminal_of(world);
        const std::string text = preview(world, *experiment, remarks, terminal);
        comm::Communicator(world).run_everywhere([&] { print_answer(terminal.utf8 ? text : report::to_ascii(text)); });
        return 0;
    }
    note_signals();  // a directory is made
    Run(world, *experiment, remarks, since_start).execute();
    return 0;
}

}  // namespace ensemble::run
