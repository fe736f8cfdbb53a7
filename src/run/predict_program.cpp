#include "run/predict_program.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "compute/precision.hpp"
#include "compute/prepared_pool.hpp"
#include "config/program_text.hpp"
#include "core/names.hpp"
#include "core/printable.hpp"
#include "core/stderr.hpp"
#include "core/text.hpp"
#include "core/wire.hpp"
#include "data/row_stream.hpp"
#include "predict/output_table.hpp"
#include "predict/scoring.hpp"
#include "predict/sharing.hpp"
#include "predict/watch.hpp"
#include "run/finished_run.hpp"
#include "run/interrupt.hpp"
#include "run/machine.hpp"
#include "run/prediction_output.hpp"
#include "run/rows_to_predict.hpp"
#include "run/standard_streams.hpp"
#include "run/trained_ensemble.hpp"

namespace ensemble::run {
namespace {

using core::fail;
using core::Failure;

/// What the command line asks for.
struct PredictRequest {
    std::string directory;
    std::string data;
    std::string out = "-";
    std::string keep;
    std::string header = "auto";
    bool members = false;
    bool score = false;
    bool as_they_come = false;
    std::optional<double> interval;
    std::size_t threads = 1;
    std::string precision = "f32";
    std::string answer;  ///< to a question like --help, in place of predictions
};

template <class Enum>
void require_choice(std::string_view option, const std::string& name) {
    const auto names = core::names_of<Enum>();
    if (std::ranges::find(names, name) != names.end()) return;
    fail(Failure::usage, "{} {}: is {} or {}", option, name, fmt::join(std::span(names).first(names.size() - 1), ", "),
         names.back());
}

/// REQUIRES: require_choice<Enum>() has passed.
template <class Enum>
Enum chosen(const std::string& name) {
    const auto names = core::names_of<Enum>();
    return core::value_at<Enum>(static_cast<std::size_t>(std::ranges::find(names, name) - names.begin()));
}

void require_complete(const PredictRequest& request) {
    if (request.directory.empty()) {
        fail(Failure::usage, "the directory of a run is missing: ensemble_predict RUN --data FILE (see --help)");
    }
    if (request.data.empty()) {
        fail(Failure::usage, "--data is missing: it names the file with the rows, or - for standard input");
    }
    if (request.interval && !(*request.interval > 0 && *request.interval < 1)) {
        fail(Failure::usage, "--interval {}: is a share of rows between 0 and 1, such as 0.9", *request.interval);
    }
    if (request.threads == 0) fail(Failure::usage, "--threads 0: takes at least one");
    require_choice<data::Header>("--header", request.header);
    require_choice<compute::Precision>("--precision", request.precision);
    require_output_name(request.out);
    if (is_array_name(request.out) && !request.keep.empty()) {
        fail(Failure::usage, "--keep {}: columns are handed on to a .csv, and --out {} holds numbers alone",
             request.keep, request.out);
    }
    refuse_same_file(request.data, request.out);
}

/// What --help says below the options.
std::string what_is_written() {
    const auto names_of = [](task::Kind kind) {
        std::vector<std::string_view> names;
        for (const predict::OutputField* field : predict::output_fields_of(kind)) names.push_back(field->name);
        return fmt::format("{}", fmt::join(names, ", "));
    };
    constexpr std::size_t columns = 100;
    return core::wrapped(
        fmt::format("Writes for each row, of classes: {}, p_CLASS for each class; of numbers: {}, for each target. "
                    "Entropy and mutual information are those of the members' average, before any --combine and "
                    "--calibrate.\n",
                    names_of(task::Kind::classification), names_of(task::Kind::regression)),
        columns);
}

PredictRequest read_request(std::span<const char* const> words) {
    PredictRequest request;
    CLI::App app;
    app.allow_extras();
    app.get_formatter()->column_width(34);
    app.add_option("RUN", request.directory, "directory of a finished run of ensemble_train")->type_name("");
    app.add_option(
           "--data", request.data,
           "rows to predict: a text table, plain or .gz, with the columns that the run was trained with, in any "
           "order; a .npy, or a .npz with x (and lengths); a picture, or a directory of pictures; - for a table from "
           "standard input")
        ->type_name("FILE");
    app.add_option(
           "--out", request.out,
           "where predictions go: a table (.csv or .csv.gz), numbers alone (.npy), or - for standard output (-)")
        ->type_name("FILE");
    app.add_option("--keep", request.keep, "columns of the input that are written before the predictions, or all")
        ->type_name("COLUMNS");
    app.add_flag("--members", request.members, "also what each member predicts");
    app.add_option(
           "--interval", request.interval,
           "numbers: low and high hold that share of rows like the validation rows (0.9); classes: also write the "
           "set of classes that does")
        ->type_name("SHARE");
    app.add_flag("--score", request.score,
                 "if the target is there, say how good the predictions are, in the metrics of summary.json, and how "
                 "many truths the intervals or sets hold, on stderr; keeps all predictions in memory");
    app.add_option("--header", request.header, "whether the first line names the columns: auto, yes or no (auto)")
        ->type_name("WHICH");
    app.add_option("--threads", request.threads, "of each rank (1)")->type_name("N");
    app.add_option("--precision", request.precision,
                   "multiply in f32 or bf16: faster on processors with AVX512_BF16 or AMX, and results differ in the "
                   "third digit (f32)")
        ->type_name("NAME");
    app.add_flag("--as-they-come", request.as_they_come,
                 "predict each row of a pipe as soon as it is there; separators are told from the first line alone");
    request.answer = config::answer_or_parse(
        app,
        {.name = "ensemble_predict",
         .purpose =
             "predict rows with the members of a finished run, alone or with mpirun or srun on many ranks, which\n"
             "share the rows",
         .more = what_is_written,
         .see_also = {"ensemble_train", "ensemble_report"},
         .values = {{"data", {}}}},
        words);
    if (!request.answer.empty()) return request;
    require_complete(request);
    return request;
}

/// What predicts, on each rank.
class Workshop {
public:
    Workshop(const FinishedRun& run, const PredictRequest& request)
        : request_(request),
          trained_(run),
          resizes_pictures_(run.options().image_size.has_value()),
          predictor_(trained_.ensemble(), use_threads(request.threads), chosen<compute::Precision>(request.precision)),
          watch_(trained_.ensemble(), trained_.ranges(), run.summary().data.train, trained_.held_out(),
                 trained_.target_names()) {
        constexpr double usual_level = 0.9;
        const bool classes = trained_.ensemble().task->kind == task::Kind::classification;
        if (!classes || request.interval) {
            bounds_.emplace(trained_.ensemble(), trained_.held_out(), request.interval.value_or(usual_level),
                            run.options().seed);
        }
    }

    /// Root only: opens the rows, so that it is known what is handed on of them.
    [[nodiscard]] std::unique_ptr<data::RowStream> open_rows() const {
        return open_rows_to_predict({.data = request_.data,
                                     .keep = request_.keep,
                                     .header = chosen<data::Header>(request_.header),
                                     .read_truth = request_.score,
                                     .as_they_come = request_.as_they_come,
                                     .resizes_pictures = resizes_pictures_},
                                    trained_);
    }

    /// `kept` are the names of columns that are handed on.
    void prepare_table(const std::vector<std::string>& kept) {
        table_.emplace(trained_.ensemble(),
                       predict::OutputRequest{.kept = kept,
                                              .class_names = trained_.class_names(),
                                              .target_names = trained_.target_names(),
                                              .members = request_.members},
                       bounds_ ? &*bounds_ : nullptr);
    }

    [[nodiscard]] predict::Result work(const predict::Job& job) {
        const predict::Predictions predictions = predictor_.predict(job.block.values, job.block.rows, job.first);
        predict::Result result;
        if (is_array_name(request_.out)) {
            table_->append_numbers(predictions, result.numbers);
        } else {
            table_->append_lines(predictions, job.block, result.text);
        }
        watch_.look(job.block.values, predictions, result.sightings);
        if (request_.score) result.measured = scoring().measure(predictions, job.block.truth);
        return result;
    }

    /// Rows that are predicted at a time: enough for each member's weights to stay in a cache while it goes through
    /// them, and so few that they take some megabytes.
    [[nodiscard]] std::size_t rows_of_block() const {
        constexpr std::size_t numbers = std::size_t{1} << 20U;
        constexpr std::size_t most = 4096;
        const predict::Ensemble& ensemble = trained_.ensemble();
        const std::size_t each =
            2 * trained_.input_width() + ensemble.shape.elements() + ensemble.members.size() * ensemble.width();
        const std::size_t batch = train::evaluation_batch;
        return std::clamp(numbers / each, batch, most) / batch * batch;
    }

    [[nodiscard]] const predict::OutputTable& table() const { return *table_; }
    [[nodiscard]] const predict::Watch& watch() const noexcept { return watch_; }
    [[nodiscard]] const predict::Ensemble& ensemble() const noexcept { return trained_.ensemble(); }
    [[nodiscard]] predict::Scoring scoring() const {
        return predict::Scoring(trained_.ensemble(), bounds_ ? &*bounds_ : nullptr);
    }
    [[nodiscard]] std::string note() const { return bounds_ ? bounds_->note() : std::string{}; }

private:
    core::ThreadPool* use_threads(std::size_t threads) {
        pool_.resize(threads);
        return &pool_;
    }

    const PredictRequest& request_;
    compute::PreparedPool pool_;
    TrainedEnsemble trained_;
    bool resizes_pictures_;
    predict::RowPredictor predictor_;
    predict::Watch watch_;
    std::optional<predict::TrustBounds> bounds_;
    std::optional<predict::OutputTable> table_;
};

void tell(std::string_view kind, const std::string& what) {
    if (!what.empty()) core::print_stderr("{}: {}\n", kind, core::printable(what));
}

/// The root's part: rows in, predictions out.
class Desk {
public:
    Desk(const PredictRequest& request, Workshop& workshop, std::unique_ptr<data::RowStream> rows)
        : request_(request),
          rows_(std::move(rows)),
          block_rows_(workshop.rows_of_block()),
          scoring_(workshop.scoring()) {
        out_ = open_prediction_output(request.out, workshop.table().columns());
        for (const std::string& note : rows_->notes()) tell("note", note);
        tell("note", workshop.note());
        const std::string header = workshop.table().header();
        if (!is_array_name(request.out)) wanted_ = out_->write(std::as_bytes(std::span(header)));
    }

    bool read(predict::Job& job) {
        if (!wanted_ || !rows_->next(block_rows_, job.block)) return false;
        job.first = read_;
        read_ += job.block.rows;
        return true;
    }

    bool take(const predict::Result& result) {
        const bool is_text = result.numbers.empty();
        wanted_ =
            out_->write(is_text ? std::as_bytes(std::span(result.text)) : std::as_bytes(std::span(result.numbers)));
        sightings_.add(result.sightings);
        if (request_.score) scoring_.take(result.measured);
        return wanted_;
    }

    /// Once all rows are there.
    void conclude(const predict::Watch& watch) {
        // Who is asked to leave from here on is done: no file stands beside the word that its program was stopped.
        note_signals();
        out_->finish(read_);
        for (const std::string& note : rows_->last_notes()) tell("note", note);
        if (sightings_.rows > 0) {
            for (const std::string& warning : watch.warnings(sightings_)) tell("warning", warning);
        }
        if (request_.score) core::print_stderr("{}\n", scoring_.to_json());
    }

private:
    const PredictRequest& request_;
    std::unique_ptr<data::RowStream> rows_;
    std::unique_ptr<PredictionOutput> out_;
    std::size_t block_rows_;
    predict::Scoring scoring_;
    predict::Sightings sightings_;
    std::uint64_t read_ = 0;
    bool wanted_ = true;  ///< somebody reads what is written
};

/// The root's list of names on every rank.
void share_names(comm::Communicator& ranks, std::vector<std::string>& names) {
    std::vector<std::byte> bytes;
    core::WireWriter writer;
    writer(std::uint64_t{names.size()});
    for (const std::string& name : names) writer(name);
    bytes = std::move(writer.bytes);
    ranks.broadcast(bytes);
    core::WireReader reader(bytes);
    names.resize(reader.size_of_list(sizeof(std::uint64_t)));
    for (std::string& name : names) reader(name);
}

}  // namespace

int predict_rows(const comm::Communicator& world, std::span<const char* const> words) {
    comm::Communicator ranks = world;
    PredictRequest request;
    ranks.run_everywhere([&] {
        request = read_request(words);
        if (request.as_they_come && ranks.size() > 1) {
            fail(Failure::usage,
                 "--as-they-come: is for one rank, since rows that come one by one cannot be shared out");
        }
        if (!request.answer.empty() && ranks.is_root()) print_answer(request.answer);
    });
    if (!request.answer.empty()) return 0;
    std::optional<FinishedRun> run;
    std::unique_ptr<Workshop> workshop;
    std::unique_ptr<data::RowStream> rows;
    std::unique_ptr<Desk> desk;
    std::vector<std::string> kept;
    ranks.run_everywhere([&] {
        require_precision(chosen<compute::Precision>(request.precision), compute::multiplies_bf16(), ranks.host());
        run.emplace(store::RunDirectory::at(request.directory));
        workshop = std::make_unique<Workshop>(*run, request);
        if (!ranks.is_root()) return;
        rows = workshop->open_rows();
        kept = rows->kept();
    });
    share_names(ranks, kept);
    ranks.run_everywhere([&] {
        workshop->prepare_table(kept);
        if (ranks.is_root()) desk = std::make_unique<Desk>(request, *workshop, std::move(rows));
    });
    const predict::Shared shared{.read = [&](predict::Job& job) { return desk->read(job); },
                                 .work = [&](const predict::Job& job) { return workshop->work(job); },
                                 .take = [&](const predict::Result& result) { return desk->take(result); }};
    predict::share_out(ranks, shared);
    ranks.run_everywhere([&] {
        if (ranks.is_root()) desk->conclude(workshop->watch());
    });
    return 0;
}

}  // namespace ensemble::run
