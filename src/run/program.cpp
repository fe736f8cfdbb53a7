#include "run/program.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/chrono.h>

#include "comm/launcher.hpp"
#include "core/stopwatch.hpp"
#include "report/display.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "run/configuration.hpp"
#include "run/machine.hpp"
#include "run/outcome.hpp"
#include "run/preview.hpp"
#include "run/startup.hpp"
#include "run/training.hpp"
#include "store/file.hpp"
#include "store/history.hpp"
#include "store/member_file.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace run {
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

/// A directory that did not exist before, even if several runs begin within the same second.
fs::path make_default_directory() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    const fs::path path = fs::path("runs") / fmt::format("{:%Y-%m-%dT%H-%M-%SZ}", fmt::gmtime(now));
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    constexpr int tries = 1000;
    for (int number = 1; number <= tries && !error; ++number) {
        const fs::path name = number == 1 ? path : fs::path(fmt::format("{}-{}", path.string(), number));
        if (fs::create_directory(name, error)) return name;
    }
    fail(Failure::usage, "cannot make the directory '{}': {}; choose another with --out", path.string(),
         error.message());
}

store::RunDirectory create_directory(const std::string& out) {
    if (out.empty()) return store::RunDirectory::create(make_default_directory());
    try {
        return store::RunDirectory::create(out);
    } catch (const core::Error& error) {
        fail(error.kind(), "--out {}: {}", out, error.what());
    }
}

/// Makes the run directory on the root; every rank gets it. Collective.
store::RunDirectory open_directory(comm::Communicator world, const Options& options) {
    std::optional<store::RunDirectory> made;
    std::vector<std::byte> bytes;
    try {
        world.attempt([&] {
            if (!world.is_root()) return;
            made = create_directory(options.out);
            store::write_file_atomically(made->configuration(), to_toml(options));
            const std::string path = fs::absolute(made->path()).string();
            const auto view = std::as_bytes(std::span(path));
            bytes.assign(view.begin(), view.end());
        });
        world.broadcast(bytes);
        const fs::path path(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
        world.attempt([&] {
            if (world.is_root() || fs::is_directory(path)) return;
            fail(Failure::usage,
                 "rank {} on {} does not see the run directory '{}'; choose one with --out that all hosts share",
                 world.rank(), world.host(), path.string());
        });
        return made ? std::move(*made) : store::RunDirectory::at(path);
    } catch (...) {
        if (made) made->discard();
        throw;
    }
}

/// The run after its start: trains, shows, keeps and sums up. Collective.
class Run {
public:
    Run(const comm::Communicator& world, const Experiment& experiment, const core::Stopwatch& since_start)
        : world_(world),
          experiment_(experiment),
          since_start_(since_start),
          directory_(open_directory(world, experiment.options())),
          terminal_(terminal_of(world)),
          display_(terminal_, print) {}

    void execute() {
        warn_of_few_cores();
        if (world_.is_root()) display_.line(announcement(experiment_, world_.size()));
        const double begin_s = since_start_.seconds();
        const Trained trained = train();
        const double trained_s = since_start_.seconds();
        world_.attempt([&] {
            if (!world_.is_root()) return;
            store::Summary summary = write_predictions(experiment_, trained, directory_);
            const Coordinator& coordinator = *trained.coordinator;
            const double wall_s = since_start_.seconds();
            summary.timing = {.ranks = world_.size(),
                              .wall_s = wall_s,
                              .startup_s = begin_s + trained.first_step_s,
                              .train_s = coordinator.train_s(),
                              .combine_s = wall_s - trained_s,
                              .idle_fraction = coordinator.idle_fraction(),
                              .samples_per_s = coordinator.train_s() > 0
                                                   ? static_cast<double>(coordinator.samples()) / coordinator.train_s()
                                                   : 0.0};
            store::write_file_atomically(directory_.summary(), store::to_json(summary));
            print(report::results_table(summary, directory_.path().string(), terminal_));
        });
    }

private:
    Trained train() {
        const std::string configuration = experiment_.member_digest();
        note(fmt::format("rank {} of {} on {}, process {}, may use {}", world_.rank(), world_.size(), world_.host(),
                         getpid(), report::counted(allowed_cores(), "core")));
        const core::Stopwatch clock;
        const Witness witness{
            .store =
                [&](const train::MemberState& state) {
                    store::save_member(directory_.member(state.member), state, configuration);
                },
            .note = [&](const std::string& text) { note(text); },
            .epoch_done =
                [&](const train::EpochRecord& record) { directory_.append_history(store::history_line(record)); },
            .member_done = [&](const ensemble::MemberResult& member,
                               int rank) { announce(member, rank, clock.seconds()); },
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

    /// A log names every member that is done; on a terminal the table does so at the end, and only bad news cannot
    /// wait.
    void announce(const ensemble::MemberResult& member, int rank, double now_s) {
        if (member.quarantine.empty()) ++members_kept_;
        if (terminal_.live && member.quarantine.empty()) return;
        const std::string line = report::member_line(member, rank, world_.size());
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
        if (members_kept_ == 0) return "no usable member is kept";
        return fmt::format("{} of {} are finished and kept in '{}'", members_kept_,
                           report::counted(experiment_.options().members, "member"), directory_.members().string());
    }

    /// Open MPI binds each of few ranks to one core, which their threads then share. Collective.
    void warn_of_few_cores() {
        const std::size_t threads = experiment_.options().threads;
        const std::size_t cores = allowed_cores();
        const bool short_of_cores = threads > 1 && cores < threads;
        const auto notes = world_.gather(
            short_of_cores ? fmt::format("rank {} may use {} of its host's cores", world_.rank(), cores) : "");
        for (const std::string& note : notes) {
            if (note.empty()) continue;
            display_.line(
                fmt::format("note: {}, but --threads is {}; start it with mpirun --bind-to none", note, threads));
            return;
        }
    }

    comm::Communicator world_;
    const Experiment& experiment_;
    const core::Stopwatch& since_start_;
    store::RunDirectory directory_;
    report::Terminal terminal_;
    report::Display display_;
    std::size_t members_kept_ = 0;
};

}  // namespace

int train_ensemble(const comm::Communicator& world, std::span<const char* const> words) {
    const core::Stopwatch since_start;
    const auto experiment = start_up(world, words);
    if (!experiment) return 0;
    if (experiment->options().dry_run) {
        const report::Terminal terminal = terminal_of(world);
        const std::string text = preview(world, *experiment, terminal);
        print(terminal.utf8 ? text : report::to_ascii(text));
        return 0;
    }
    Run(world, *experiment, since_start).execute();
    return 0;
}

int run_program(int argc, char** argv) {
    // A reader of our output that leaves early must not end the run.
    std::signal(SIGPIPE, SIG_IGN);
    return comm::run_ranks(
        argc, argv,
        [&](const comm::Communicator& world) {
            return train_ensemble(world, std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
        },
        [](const std::string& message) { fmt::print(stderr, "ensemble_train: error: {}\n", message); });
}

}  // namespace run
