#include "run/resume.hpp"

#include <array>
#include <string_view>
#include <system_error>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "run/configuration.hpp"
#include "run/machine.hpp"
#include "run/outcome.hpp"
#include "run/settings.hpp"
#include "store/file.hpp"
#include "store/run_directory.hpp"

namespace run {
namespace {

namespace fs = std::filesystem;
using core::fail;
using core::Failure;

/// Where data lay is no part of what they are: their digest decides.
constexpr std::array<std::string_view, 4> places{"data", "test", "target", "test-target"};

std::string text_in(const fs::path& file) {
    const std::vector<std::byte> bytes = store::read_file(file);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string shown(const std::optional<Value>& value) {
    return value ? text_of(*value) : "none";
}

nlohmann::json read_origin(const fs::path& file) {
    const std::string text = text_in(file);
    nlohmann::json origin = nlohmann::json::parse(text, nullptr, false);
    const bool is_whole = origin.is_object() && origin.contains("data") && origin.contains("program") &&
                          origin["data"].is_object() && origin["data"]["sha256"].is_string() &&
                          origin["program"].is_object() && origin["program"]["build"].is_string() &&
                          origin["program"]["version"].is_string();
    if (!is_whole) {
        fail(Failure::data,
             "'{}' is damaged, so it cannot be told whether the data are still the same; train the run "
             "again in another directory",
             file.string());
    }
    return origin;
}

}  // namespace

RunState state_of_run(const fs::path& directory) {
    const auto run = store::RunDirectory::at(directory);
    std::error_code ignored;
    if (fs::exists(run.summary(), ignored)) return RunState::finished;
    return fs::exists(run.configuration(), ignored) ? RunState::begun : RunState::none;
}

std::string origin_text(const Experiment& experiment) {
    const store::DataSummary data = describe_data(experiment);
    const store::Program program = describe_program();
    const nlohmann::ordered_json origin{
        {"configuration", experiment.member_digest()},
        {"data",
         {{"name", data.name},
          {"sha256", data.sha256},
          {"train", data.train},
          {"validation", data.validation},
          {"test", data.test}}},
        {"program", {{"version", program.version}, {"build", program.build}, {"cpu", program.cpu}}}};
    return origin.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string refuse_other_run(const Experiment& experiment) {
    const Options& options = experiment.options();
    const std::string& sha256 = experiment.source().sha256;
    const auto run = store::RunDirectory::at(options.out);
    Options kept;
    apply_configuration(kept, text_in(run.configuration()), run.configuration().string());
    const Setting* moved = nullptr;
    for (const Setting& setting : settings()) {
        if (setting.role == Role::conduct) continue;
        const auto now = setting.get(options);
        const auto then = setting.get(kept);
        if (now == then) continue;
        if (std::ranges::find(places, setting.name) != places.end()) {
            if (moved == nullptr) moved = &setting;
            continue;
        }
        fail(Failure::usage,
             "--resume: the run in '{}' has --{} {}, not {}; leave the option out to go on with that run, or choose "
             "another directory with --out for a new one",
             run.path().string(), setting.name, shown(then), shown(now));
    }
    const nlohmann::json origin = read_origin(run.origin());
    const auto then = origin["data"]["sha256"].get<std::string>();
    if (then != sha256) {
        if (moved != nullptr) {
            fail(Failure::usage,
                 "--resume: the run in '{}' has --{} {}, not {}, and the data are others (SHA-256 {}, now {}); leave "
                 "the option out to go on with that run",
                 run.path().string(), moved->name, shown(moved->get(kept)), shown(moved->get(options)), then, sha256);
        }
        fail(Failure::data,
             "--resume: the data of the run in '{}' have changed since it began: the SHA-256 of {} was {} and is now "
             "{}; bring the old data back, or train anew in another directory",
             run.path().string(), options.data, then, sha256);
    }
    // config.toml is what options were compared with, so somebody has changed it since.
    if (origin.value("configuration", experiment.member_digest()) != experiment.member_digest()) {
        fail(
            Failure::usage,
            "--resume: the run in '{}' was begun with another configuration than its config.toml holds now; bring that "
            "one back, or train anew in another directory",
            run.path().string());
    }
    const store::Program program = describe_program();
    const auto version = origin["program"]["version"].get<std::string>();
    const auto build = origin["program"]["build"].get<std::string>();
    if (version == program.version && build == program.build) return "";
    return fmt::format(
        "note: the run was begun by {} ({}) and goes on with {} ({}): results may differ in their last "
        "bits from a run by one of them",
        version, build, program.version, program.build);
}

}  // namespace run
