#include "run/export_program.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include "config/program_text.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/printable.hpp"
#include "core/stderr.hpp"
#include "exchange/onnx_ensemble.hpp"
#include "exchange/safetensors.hpp"
#include "run/standard_streams.hpp"
#include "run/trained_model_of.hpp"
#include "store/file.hpp"

namespace ensemble::run {
namespace {

namespace fs = std::filesystem;

/// A format that a model is handed on in.
struct Format {
    std::string_view name;
    std::string_view text;  ///< what it is, in a line
    std::string (*write)(const exchange::TrainedModel& model);
};

constexpr std::array<Format, 2> formats{{
    {.name = "onnx", .text = "one graph of the whole ensemble, with uncertainties", .write = exchange::to_onnx},
    {.name = "safetensors", .text = "parameters under names of PyTorch", .write = exchange::to_safetensors},
}};

/// What the command line asks for.
struct ExportRequest {
    std::string directory;
    const Format* format = nullptr;
    std::string out;
    std::optional<std::uint32_t> member;
    std::string answer;  ///< to a question like --help, in place of a file
};

std::vector<std::string> format_names() {
    std::vector<std::string> names;
    for (const Format& each : formats) names.emplace_back(each.name);
    return names;
}

/// "onnx: one graph …; safetensors: …".
std::string format_texts() {
    std::vector<std::string> texts;
    for (const Format& each : formats) texts.push_back(fmt::format("{}: {}", each.name, each.text));
    return fmt::format("{}", fmt::join(texts, "; "));
}

const Format& format_named(const std::string& name) {
    const auto* const found = std::ranges::find(formats, name, &Format::name);
    if (found != formats.end()) return *found;
    const std::vector<std::string> names = format_names();
    if (name.empty()) core::fail(core::Failure::usage, "--format is missing: {}", fmt::join(names, " or "));
    const std::string_view close = core::nearest(name, std::vector<std::string_view>(names.begin(), names.end()));
    core::fail(core::Failure::usage, "--format {}: there is no such format{}; known: {}", name,
               close.empty() ? "" : fmt::format("; did you mean {}?", close), fmt::join(names, " "));
}

std::optional<std::uint32_t> member_named(const std::string& text) {
    if (text.empty()) return std::nullopt;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        core::fail(core::Failure::usage, "--member {}: the number of a member is wanted, from 0", text);
    return number;
}

ExportRequest read_export_request(std::span<const char* const> words) {
    ExportRequest request;
    std::string format;
    std::string member;
    CLI::App app;
    app.allow_extras();
    app.get_formatter()->column_width(34);
    app.add_option("RUN", request.directory, "directory of a finished run of ensemble_train")->type_name("");
    app.add_option("--format", format, format_texts())->type_name("NAME");
    app.add_option("--out", request.out, "the file to write; one of that name is replaced")->type_name("FILE");
    app.add_option("--member", member, "a member alone, by its number from 0")->type_name("K");
    request.answer =
        config::answer_or_parse(app,
                                {.name = "ensemble_export",
                                 .purpose = "write the ensemble of a finished run as a file that other programs read",
                                 .see_also = {"ensemble_train", "ensemble_predict"},
                                 .values = {{"format", format_names()}}},
                                words);
    if (!request.answer.empty()) return request;
    if (request.directory.empty())
        core::fail(core::Failure::usage, "the directory of a run is missing: ensemble_export RUN (see --help)");
    request.format = &format_named(format);
    if (request.out.empty()) core::fail(core::Failure::usage, "--out is missing: the file to write");
    if (request.out == "-") {
        core::fail(core::Failure::usage,
                   "--out -: models are written to files, not to standard output; name one, as in --out model.{} (a "
                   "file that is called so is ./-)",
                   request.format->name);
    }
    request.member = member_named(member);
    return request;
}

/// Before anything is read: the file may come into being there, and is none of the run's.
void check_place(const ExportRequest& request) {
    std::error_code error;
    const fs::path out(request.out);
    const fs::path folder = out.has_parent_path() ? out.parent_path() : fs::path(".");
    if (!fs::is_directory(folder, error)) {
        core::fail(core::Failure::usage, "--out {}: there is no directory '{}'; make it first", request.out,
                   folder.string());
    }
    if (fs::is_directory(out, error))
        core::fail(core::Failure::usage, "--out {}: is a directory; name a file in it", request.out);
    if (fs::exists(out, error) && !fs::is_regular_file(out, error)) {
        core::fail(core::Failure::usage, "--out {}: is a device or a pipe, whose place a file would take; name a file",
                   request.out);
    }
    const fs::path inside =
        fs::weakly_canonical(out, error).lexically_relative(fs::weakly_canonical(fs::path(request.directory), error));
    if (!inside.empty() && *inside.begin() != ".." && fs::exists(out, error)) {
        core::fail(core::Failure::usage, "--out {}: is a file of the run that is exported; choose another name",
                   request.out);
    }
}

std::string size_text(std::size_t bytes) {
    constexpr double kibi = 1024;
    const auto size = static_cast<double>(bytes);
    return size < kibi * kibi ? fmt::format("{:.1f} KiB", size / kibi) : fmt::format("{:.1f} MiB", size / kibi / kibi);
}

void hand_on(const ExportRequest& request) {
    check_place(request);
    const HandedOn handed_on = trained_model_of(store::RunDirectory::at(request.directory), request.member);
    const std::string file = request.format->write(handed_on.model);
    store::write_file_atomically(request.out, std::string_view(file));
    for (const std::string& note : handed_on.notes) core::print_stderr("ensemble_export: note: {}\n", note);
    const std::size_t members = handed_on.model.members.size();
    print_answer(fmt::format("{}: {} of {}, {}\n", core::printable(request.out), request.format->name,
                             request.member ? fmt::format("member {}", *request.member)
                                            : fmt::format("{} member{}", members, members == 1 ? "" : "s"),
                             size_text(file.size())));
}

}  // namespace

int export_run(const comm::Communicator& world, std::span<const char* const> words) {
    comm::Communicator ranks = world;
    ranks.run_everywhere([&] {
        const ExportRequest request = read_export_request(words);
        if (!ranks.is_root()) return;
        if (!request.answer.empty()) return print_answer(request.answer);
        hand_on(request);
    });
    return 0;
}

}  // namespace ensemble::run
