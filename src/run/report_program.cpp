#include "run/report_program.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "comm/launcher.hpp"
#include "compute/prepared_pool.hpp"
#include "config/command_line.hpp"
#include "config/configuration.hpp"
#include "config/experiment.hpp"
#include "config/program_text.hpp"
#include "config/settings.hpp"
#include "core/printable.hpp"
#include "core/wire.hpp"
#include "report/table.hpp"
#include "run/finished_run.hpp"
#include "run/page_files.hpp"
#include "run/results.hpp"
#include "run/standard_streams.hpp"
#include "store/file.hpp"

namespace ensemble::run {
namespace {

/// What the command line asks for.
struct Request {
    std::string directory;
    std::string combine;    ///< empty: as the run had it
    std::string calibrate;  ///< likewise
    std::string answer;     ///< to a question like --help, in place of a report
};

Request read_request(std::span<const char* const> words) {
    Request request;
    CLI::App app;
    app.allow_extras();
    app.get_formatter()->column_width(34);
    app.add_option("RUN", request.directory, "directory of a finished run of ensemble_train")->type_name("");
    app.add_option("--combine", request.combine,
                   "what predictions.npy is to hold and gains are told of first (as the run had it)")
        ->type_name("NAME");
    app.add_option("--calibrate", request.calibrate,
                   "probabilities in predictions.npy at the temperature that suits the validation rows best "
                   "(temperature), or as they are (none)")
        ->type_name("NAME");
    request.answer = config::answer_or_parse(
        app,
        {.name = "ensemble_report",
         .purpose = "repeat the analysis of a finished run from its files, without training or its data,\n"
                    "alone or with mpirun or srun on many ranks; writes summary.json and predictions.npy anew",
         .see_also = {"ensemble_train"}},
        words);
    if (request.answer.empty() && request.directory.empty()) {
        core::fail(core::Failure::usage, "the directory of a run is missing: ensemble_report RUN (see --help)");
    }
    return request;
}

/// The run's settings, but for those that were asked for.
config::Options options_of(const FinishedRun& run, const Request& request) {
    config::Options options = run.options();
    const auto set = [&](std::string_view name, const std::string& asked) {
        if (asked.empty()) return;
        try {
            config::find_setting(name)->set(options, asked);
        } catch (const core::Error& error) {
            core::fail(error.kind(), "--{}: {}", name, error.what());
        }
    };
    set("combine", request.combine);
    set("calibrate", request.calibrate);
    config::resolve_combination(options, run.summary().task->kind);
    return options;
}

/// Does this rank's share of the jobs of a stage: the one at its number, and those so many ranks further on. As a text
/// that holds each job's number, its size and its bytes.
std::string jobs_of_rank(analysis::Analyst& analyst, std::span<const std::size_t> jobs,
                         const comm::Communicator& world) {
    core::WireWriter writer;
    const auto ranks = static_cast<std::size_t>(world.size());
    for (auto place = static_cast<std::size_t>(world.rank()); place < jobs.size(); place += ranks) {
        writer(std::uint64_t{jobs[place]});
        writer(analyst.run(jobs[place]));
    }
    return {reinterpret_cast<const char*>(writer.bytes.data()), writer.bytes.size()};
}

void take_jobs(analysis::Analysis& analysis, const std::string& text) {
    core::WireReader reader(std::as_bytes(std::span(text)));
    while (!reader.at_end()) {
        std::uint64_t job = 0;
        std::vector<std::byte> result;
        reader(job), reader(result);
        analysis.take(job, result);
    }
}

/// All stages, their jobs shared out among the ranks. Collective; the analysis on the root only.
std::unique_ptr<analysis::Analysis> analyse(comm::Communicator& world, const FinishedRun& run) {
    std::unique_ptr<analysis::Analysis> analysis;
    if (world.is_root()) analysis = std::make_unique<analysis::Analysis>(run.study(), run.committee());
    analysis::Analyst analyst(run.study(), run.reader());
    while (true) {
        // The jobs and what to know of them; none when all are done.
        std::vector<std::byte> order;
        if (world.is_root()) {
            core::WireWriter writer;
            writer(analysis->jobs());
            writer(analysis->context());
            order = std::move(writer.bytes);
        }
        world.broadcast(order);
        core::WireReader reader(order);
        std::vector<std::size_t> jobs;
        std::vector<std::byte> context;
        reader(jobs), reader(context);
        if (jobs.empty()) return analysis;
        std::string mine;
        world.run_everywhere([&] {
            analyst.begin(context);
            mine = jobs_of_rank(analyst, jobs, world);
        });
        const std::vector<std::string> all = world.gather(mine);
        world.run_everywhere([&] {
            for (const std::string& each : all) take_jobs(*analysis, each);
        });
        bool goes_on = true;
        world.run_everywhere([&] {
            if (world.is_root()) goes_on = analysis->advance();
        });
        std::vector<std::byte> more{static_cast<std::byte>(goes_on ? 1 : 0)};
        world.broadcast(more);
        if (more.front() == std::byte{0}) return analysis;
    }
}

/// Root only.
void conclude(const FinishedRun& run, const analysis::Analysis& analysis, const config::Options& options,
              const report::Terminal& terminal) {
    store::Summary summary = run.summary();
    summary.config = config::to_json(options);
    summary.combine = analysis::find_combination(summary.task->kind, options.combine);
    evaluate_and_write(summary, analysis, options, run.directory());
    if (const std::string text = config::to_toml(options); text != config::to_toml(run.options()))
        store::write_file_atomically(run.directory().configuration(), text);
    const std::string text = store::to_json(summary);
    write_page(summary, text, analysis, run.directory());
    store::write_file_atomically(run.directory().summary(), text);
    const std::string table =
        report::results_table(summary, core::printable(run.directory().path().string()), terminal);
    print_answer(table);
}

}  // namespace

int report_run(const comm::Communicator& world, std::span<const char* const> words) {
    comm::Communicator ranks = world;
    Request request;
    std::unique_ptr<FinishedRun> run;
    config::Options options;
    bool is_answered = false;
    ranks.run_everywhere([&] {
        request = read_request(words);
        is_answered = !request.answer.empty();
        if (is_answered && ranks.is_root()) print_answer(request.answer);
    });
    if (is_answered) return 0;
    compute::prepare_thread();  // as the threads that the run's own analysis was made on
    ranks.run_everywhere([&] {
        run = std::make_unique<FinishedRun>(ranks.is_root() ? store::RunDirectory::open_finished(request.directory)
                                                            : store::RunDirectory::at(request.directory));
        options = options_of(*run, request);
    });
    const auto analysis = analyse(ranks, *run);
    ranks.run_everywhere([&] {
        if (!ranks.is_root()) return;
        const auto environment = [](const char* name) { return std::getenv(name); };
        const bool under_launcher = ranks.size() > 1 || !comm::detect_launch(environment).launcher.empty();
        conclude(*run, *analysis, options, report::detect_terminal(environment, under_launcher));
    });
    return 0;
}

}  // namespace ensemble::run
