#include "run/resume.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <system_error>

#include <nlohmann/json.hpp>

#include "config/configuration.hpp"
#include "config/settings.hpp"
#include "config/variation.hpp"
#include "core/error.hpp"
#include "run/machine.hpp"
#include "run/results.hpp"
#include "store/file.hpp"
#include "store/run_directory.hpp"

namespace ensemble::run {
namespace {

namespace fs = std::filesystem;
using core::fail;
using core::Failure;

/// Where data lay is no part of what they are: their digest decides.
bool is_held_against(const config::Setting& setting) {
    return config::makes_members(setting.role) || setting.role == config::Role::ensemble;
}

/// What is fitted to the data: it differs where they do, and nobody has asked for it.
constexpr std::array<std::string_view, 2> fitted{"task", "batch"};

std::string text_in(const fs::path& file) {
    const std::vector<std::byte> bytes = store::read_file(file);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string shown(const std::optional<config::Value>& value) {
    return value ? config::text_of(*value) : "none";
}

nlohmann::json read_origin(const fs::path& file) {
    const std::string text = text_in(file);
    nlohmann::json origin = nlohmann::json::parse(text, nullptr, false);
    const bool is_whole = origin.is_object() && origin.contains("data") && origin.contains("program") &&
                          origin["data"].is_object() && origin["data"]["sha256"].is_string() &&
                          origin["program"].is_object() && origin["program"]["build"].is_string() &&
                          origin["program"]["version"].is_string() &&
                          (!origin["data"].contains("ood_sha256") || origin["data"]["ood_sha256"].is_string()) &&
                          (!origin.contains("configuration") || origin["configuration"].is_string()) &&
                          (!origin.contains("settings") || origin["settings"].is_object());
    if (!is_whole) {
        fail(Failure::data,
             "'{}' is damaged, so it cannot be told whether the data are still the same; train the run "
             "again in another directory",
             file.string());
    }
    return origin;
}

nlohmann::json json_of(const std::optional<config::Value>& value) {
    if (!value) return nullptr;
    return std::visit([](const auto& held) { return nlohmann::json(held); }, *value);
}

std::string short_text(const nlohmann::json& value) {
    constexpr std::size_t most = 100;
    const std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    return text.size() > most ? text.substr(0, most) + "…" : text;
}

/// config.toml is what the options of a resumed run are made of, so it has to be what it was: every setting that
/// determines results, whether members depend on it or not. `named` are the settings it has.
void require_unedited(const fs::path& file, const config::Options& saved, const std::set<std::string>& named,
                      const nlohmann::json& origin, const char* option) {
    const nlohmann::json& began = origin.value("settings", nlohmann::json());
    if (named.empty()) {
        fail(Failure::data, "'{}' is damaged: it holds no settings; bring it back, or train anew in another directory",
             file.string());
    }
    if (!began.is_object()) return;  // of an earlier version of the program
    for (const config::Setting& setting : config::settings()) {
        if (!is_held_against(setting)) continue;
        const std::string& then_named = began.contains(setting.name) ? setting.name : setting.lasting_name();
        if (!named.contains(setting.name) && !began.contains(then_named)) continue;
        const nlohmann::json now = json_of(config::value_in_use(setting, saved));
        const nlohmann::json then = began.value(then_named, nlohmann::json());
        if (now == then) continue;
        fail(Failure::usage,
             "{}: '{}' has been edited or damaged since the run began: {} was {} and is now {}; put it back, or "
             "train anew in another directory",
             option, file.string(), setting.name, short_text(then), short_text(now));
    }
}

/// The run that is in the directory, as it began, and what is asked for now.
struct Asked {
    const config::Experiment& experiment;
    const char* option;  ///< that asks for it: "--resume"
    store::RunDirectory run;
    nlohmann::json origin;
    config::Options saved;  ///< of its config.toml

    [[nodiscard]] std::string sha256() const { return origin["data"]["sha256"].get<std::string>(); }
    [[nodiscard]] bool has_same_data() const { return sha256() == experiment.source().sha256; }
};

/// A path may change; where the data have changed with it, it is what to tell of.
void refuse_moved_data(const Asked& asked) {
    if (asked.has_same_data()) return;
    const config::Options& options = asked.experiment.options();
    const auto is_moved = [&](const config::Setting& setting) {
        return setting.role == config::Role::location &&
               config::value_in_use(setting, options) != config::value_in_use(setting, asked.saved);
    };
    const auto moved = std::ranges::find_if(config::settings(), is_moved);
    if (moved == config::settings().end()) return;
    fail(Failure::usage,
         "{}: the run in '{}' has --{} {}, not {}, and the data have changed (SHA-256 {}, now {}); leave the "
         "option out to go on with that run",
         asked.option, asked.run.path().string(), moved->name, shown(config::value_in_use(*moved, asked.saved)),
         shown(config::value_in_use(*moved, options)), asked.sha256(), asked.experiment.source().sha256);
}

void refuse_other_settings(const Asked& asked) {
    for (const config::Setting& setting : config::settings()) {
        if (!is_held_against(setting)) continue;
        if (!asked.has_same_data() && std::ranges::find(fitted, setting.name) != fitted.end()) continue;
        const auto now = config::value_in_use(setting, asked.experiment.options());
        const auto was = config::value_in_use(setting, asked.saved);
        if (now == was) continue;
        fail(Failure::usage,
             "{}: the run in '{}' has --{} {}, not {}; leave the option out to go on with that run, or choose "
             "another directory with --out for a new one",
             asked.option, asked.run.path().string(), setting.name, shown(was), shown(now));
    }
}

void refuse_other_data(const Asked& asked) {
    const config::Options& options = asked.experiment.options();
    const data::Source& source = asked.experiment.source();
    if (!asked.has_same_data()) {
        fail(Failure::data,
             "{}: the data of the run in '{}' have changed since it began: the SHA-256 of {} was {} and is now "
             "{}; bring the old data back, or train anew in another directory",
             asked.option, asked.run.path().string(), options.data, asked.sha256(), source.sha256);
    }
    const std::string& foreign = source.foreign_sha256;
    const std::string began = asked.origin["data"].value("ood_sha256", "");
    if (began == foreign) return;
    const config::Setting& ood = *config::find_setting("ood");
    fail(Failure::usage,
         "{}: the run in '{}' has --ood {} (SHA-256 {}), not {} ({}); bring the old rows back, or choose "
         "another directory with --out for a new one",
         asked.option, asked.run.path().string(), shown(config::value_in_use(ood, asked.saved)),
         began.empty() ? "none" : began, shown(config::value_in_use(ood, options)), foreign.empty() ? "none" : foreign);
}

/// What results may owe to another version or build of the program; empty where it is the same.
std::string note_of_program(const nlohmann::json& began) {
    const store::Program program = describe_program();
    const auto version = began["version"].get<std::string>();
    const auto build = began["build"].get<std::string>();
    if (version == program.version && build == program.build) return "";
    return fmt::format(
        "note: the run was begun by {} ({}) and goes on with {} ({}): results may differ in their last "
        "bits from a run by one of them",
        version, build, program.version, program.build);
}

}  // namespace

std::string origin_text(const config::Experiment& experiment) {
    const store::DataSummary data = describe_data(experiment);
    const store::Program program = describe_program();
    nlohmann::ordered_json origin{{"configuration", experiment.digest()},
                                  {"settings", nlohmann::ordered_json::parse(config::to_json(experiment.options()))},
                                  {"data",
                                   {{"name", data.name},
                                    {"sha256", data.sha256},
                                    {"train", data.train},
                                    {"validation", data.validation},
                                    {"test", data.test}}},
                                  {"program",
                                   {{"version", program.version},
                                    {"build", program.build},
                                    {"cpu", program.cpu},
                                    {"evaluation_batch", program.evaluation_batch}}}};
    if (!data.foreign_sha256.empty()) origin["data"]["ood_sha256"] = data.foreign_sha256;
    return origin.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string refuse_other_run(const config::Experiment& experiment, const char* option) {
    const auto run = store::RunDirectory::at(experiment.options().out);
    Asked asked{
        .experiment = experiment, .option = option, .run = run, .origin = read_origin(run.origin()), .saved = {}};
    const auto named =
        config::apply_configuration(asked.saved, text_in(run.configuration()), run.configuration().string());
    require_unedited(run.configuration(), asked.saved, named, asked.origin, option);
    refuse_moved_data(asked);
    refuse_other_settings(asked);
    refuse_other_data(asked);
    // config.toml is what options were compared with, so somebody has changed it since.
    const std::string digest = experiment.digest();
    if (asked.origin.value("configuration", digest) != digest) {
        fail(Failure::usage,
             "{}: the run in '{}' was begun with another configuration than its config.toml holds now; bring that "
             "one back, or train anew in another directory",
             option, run.path().string());
    }
    return note_of_program(asked.origin["program"]);
}

}  // namespace ensemble::run
