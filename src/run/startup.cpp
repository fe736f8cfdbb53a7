#include "run/startup.hpp"

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "comm/launcher.hpp"
#include "compute/prepared_pool.hpp"
#include "config/command_line.hpp"
#include "config/configuration.hpp"
#include "config/recipe.hpp"
#include "config/settings.hpp"
#include "config/variation.hpp"
#include "core/printable.hpp"
#include "data/builtin.hpp"
#include "data/source.hpp"
#include "run/describe.hpp"
#include "run/machine.hpp"
#include "run/preflight.hpp"
#include "run/resume.hpp"
#include "run/standard_streams.hpp"
#include "run/training_time.hpp"
#include "store/run_state.hpp"

namespace ensemble::run {
namespace {

/// Paths hold wherever the configuration is read again; built-in names stay.
void resolve_paths(config::Options& options) {
    data::Request request = data::resolved(config::data_request(options));
    options.data = std::move(request.data);
    options.test = std::move(request.test);
    options.target = std::move(request.target);
    options.test_target = std::move(request.test_target);
    if (!options.ood.empty()) options.ood = data::resolved({.data = options.ood}).data;
    // The directory they are in may have a name of its own kind.
    config::require_utf8(options.data, "--data");
    config::require_utf8(options.test, "--test");
    config::require_utf8(options.target, "--target");
    config::require_utf8(options.test_target, "--test-target");
    config::require_utf8(options.ood, "--ood");
    config::require_utf8(options.out, "--out");
}

/// Whether there is something at the path of the rows, and of the test rows.
bool data_are_there(const config::Options& options) {
    const auto is_there = [](const std::string& path) {
        std::error_code none;
        return path.empty() || std::filesystem::exists(path, none);
    };
    const bool is_builtin = data::is_builtin(options.data.substr(0, options.data.find(':')));
    return (is_builtin || is_there(options.data)) && is_there(options.test);
}

/// What the root tells the others before the data.
struct StartupMessage {
    bool go_on = false;
    config::Options options;
    std::optional<std::uint32_t> replay = {};
};

std::vector<std::byte> encode(const StartupMessage& message) {
    nlohmann::json json{{"go_on", message.go_on},
                        {"settings", config::to_complete_toml(message.options)},
                        {"dry_run", message.options.dry_run},
                        {"resume", message.options.resume},
                        {"recover", message.options.recover},
                        {"out", message.options.out}};
    if (message.replay) json["replay"] = *message.replay;
    const std::string text = json.dump();
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

StartupMessage decode(std::span<const std::byte> bytes) {
    const auto json =
        nlohmann::json::parse(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    StartupMessage message{.go_on = json.at("go_on").get<bool>(), .options = {}};
    message.options.dry_run = json.at("dry_run").get<bool>();
    message.options.resume = json.at("resume").get<bool>();
    message.options.recover = json.at("recover").get<bool>();
    message.options.out = json.at("out").get<std::string>();
    if (json.contains("replay")) message.replay = json.at("replay").get<std::uint32_t>();
    config::apply_configuration(message.options, json.at("settings").get<std::string>(), "the root's settings");
    return message;
}

/// The highest precision in which some member is trained.
compute::Precision needed_precision(const config::Options& options) {
    for (std::uint32_t member = 0; member < config::listed_combinations(options); ++member) {
        const compute::Precision precision = config::options_of_member(options, member).training.precision;
        if (precision != compute::Precision::f32) return precision;
    }
    return compute::Precision::f32;
}

/// What the root found on the command line: a run, with its data, or nothing but an answer that it has printed.
struct Request {
    StartupMessage message;
    std::optional<data::Source> data;
};

/// Reads the data, and finds out what is trained on them.
void load(Request& request, const config::Invocation& invocation) {
    config::Options& options = request.message.options;
    const data::Source read = config::read_data(options);
    const std::string chosen = config::apply_recipe(options, read, invocation.chosen);
    request.data = config::prepare_data(options, read);
    request.data->notes.insert(request.data->notes.begin(), invocation.notes.begin(), invocation.notes.end());
    if (!chosen.empty()) request.data->notes.push_back(chosen);
}

/// A member of a finished run that is to be trained again.
Request read_replay(const config::Invocation& invocation) {
    Request request{.message = {.go_on = true, .options = invocation.options, .replay = invocation.replay}, .data = {}};
    config::Options& options = request.message.options;
    if (options.resume || options.dry_run)
        core::fail(core::Failure::usage,
                   "--replay: trains a member again and nothing else; leave the other option out");
    if (store::state_of_run(options.out) != store::RunState::finished) {
        core::fail(core::Failure::usage, "--replay: '{}' holds no finished run; name one with --out", options.out);
    }
    if (*invocation.replay >= options.members) {
        core::fail(core::Failure::usage, "--replay {}: the run in '{}' has {} members, from 0 on", *invocation.replay,
                   options.out, options.members);
    }
    resolve_paths(options);
    load(request, invocation);
    const config::Experiment experiment(options, *request.data);
    options = experiment.options();
    const std::string note = refuse_other_run(experiment, "--replay");
    if (!note.empty()) print_answer(core::printable(note) + "\n");
    return request;
}

Request read_request(const comm::Communicator& world, std::span<const char* const> words,
                     const core::Stopwatch& since_start) {
    const config::Invocation invocation = config::parse_command_line(words);
    Request request{.message = {.go_on = false, .options = invocation.options}, .data = {}};
    config::Options& options = request.message.options;
    // No option: only a launcher that has found out that losses can be survived here knows how such a run ends.
    options.recover = comm::detect_launch([](const char* name) { return std::getenv(name); }).recovers;
    const auto answer = [&](const std::string& text) {
        print_answer(text);
        return std::move(request);
    };
    if (!invocation.answer.empty()) return answer(invocation.answer);
    if (invocation.describes) return answer(describe(options));
    if (invocation.replay) return read_replay(invocation);
    const store::RunState state = options.resume ? store::state_of_run(options.out) : store::RunState::none;
    const std::string finished =
        fmt::format("The run in {} is complete; there is nothing left to do.\n", core::printable(options.out));
    if (state == store::RunState::finished && !invocation.has_choices) return answer(finished);
    if (options.min_members > options.members) {
        core::fail(core::Failure::usage, "--min-members {}: the ensemble has only {}", options.min_members,
                   options.members);
    }
    resolve_paths(options);
    if (invocation.print_config && !data_are_there(options)) {
        return answer("# The data are not there: what follows from them, such as epochs = 'auto', is left open.\n" +
                      config::to_toml(options));
    }
    load(request, invocation);
    const config::Experiment experiment(options, *request.data);
    options = experiment.options();
    if (state == store::RunState::none) {
        const std::string fitted = fit_into_budget(options, experiment, world, since_start.seconds());
        if (!fitted.empty()) request.data->notes.push_back(fitted);
    }
    if (invocation.print_config) return answer(config::to_toml(options));
    if (state != store::RunState::none) {
        const std::string note = refuse_other_run(experiment, "--resume");
        if (state == store::RunState::finished) return answer(finished);
        if (!note.empty()) print_answer(core::printable(note) + "\n");
    }
    request.message.go_on = true;
    return request;
}

}  // namespace

Started start_up(const comm::Communicator& world, std::span<const char* const> words,
                 const core::Stopwatch& since_start) {
    require_same_program(world);
    comm::Communicator ranks = world;
    Request request;
    std::vector<std::byte> bytes;
    ranks.run_everywhere([&] {
        if (!ranks.is_root()) return;
        request = read_request(world, words, since_start);
        bytes = encode(request.message);
    });
    ranks.broadcast(bytes);
    if (!ranks.is_root()) request.message = decode(bytes);
    if (!request.message.go_on) return {};
    const config::Options& options = request.message.options;

    compute::prepare_thread();  // from here on this rank computes

    // Members are the same wherever they are trained, so every rank must be able to.
    ranks.run_everywhere(
        [&] { require_precision(needed_precision(options), compute::multiplies_bf16(), ranks.host()); });

    std::vector<std::byte> packed;
    std::vector<std::string> notes;
    if (request.data) {
        packed = data::pack(*request.data);
        notes = std::move(request.data->notes);
    }
    request.data.reset();
    const comm::NodeBytes shared = ranks.share_on_nodes(packed);
    packed = {};

    Started started{.experiment = nullptr, .replay = request.message.replay};
    ranks.run_everywhere([&] {
        data::Source source = data::unpack({shared.owner, shared.bytes});
        source.notes = std::move(notes);
        started.experiment = std::make_unique<config::Experiment>(options, std::move(source));
    });
    return started;
}

}  // namespace ensemble::run
