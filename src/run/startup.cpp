#include "run/startup.hpp"

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "compute/prepared_pool.hpp"
#include "core/printable.hpp"
#include "data/source.hpp"
#include "run/command_line.hpp"
#include "run/configuration.hpp"
#include "run/machine.hpp"
#include "run/preflight.hpp"
#include "run/resume.hpp"
#include "run/settings.hpp"
#include "run/standard_streams.hpp"

namespace ensemble::run {
namespace {

/// Paths hold wherever the configuration is read again; built-in names stay.
void resolve_paths(Options& options) {
    data::Request request = data::resolved(data_request(options));
    options.data = std::move(request.data);
    options.test = std::move(request.test);
    options.target = std::move(request.target);
    options.test_target = std::move(request.test_target);
    // The directory they are in may have a name of its own kind.
    require_utf8(options.data, "--data");
    require_utf8(options.test, "--test");
    require_utf8(options.target, "--target");
    require_utf8(options.test_target, "--test-target");
    require_utf8(options.out, "--out");
}

/// What the root tells the others before the data.
struct Word {
    bool go_on = false;
    Options options;
};

std::vector<std::byte> encode(const Word& word) {
    const nlohmann::json json{{"go_on", word.go_on},
                              {"settings", to_complete_toml(word.options)},
                              {"dry_run", word.options.dry_run},
                              {"resume", word.options.resume},
                              {"recover", word.options.recover},
                              {"out", word.options.out}};
    const std::string text = json.dump();
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

Word decode(std::span<const std::byte> bytes) {
    const auto json =
        nlohmann::json::parse(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    Word word{.go_on = json.at("go_on").get<bool>(), .options = {}};
    word.options.dry_run = json.at("dry_run").get<bool>();
    word.options.resume = json.at("resume").get<bool>();
    word.options.recover = json.at("recover").get<bool>();
    word.options.out = json.at("out").get<std::string>();
    apply_configuration(word.options, json.at("settings").get<std::string>(), "the root's settings");
    return word;
}

}  // namespace

std::unique_ptr<Experiment> start_up(const comm::Communicator& world, std::span<const char* const> words) {
    require_same_program(world);
    comm::Communicator ranks = world;
    Word word;
    std::optional<data::Source> loaded;
    std::vector<std::byte> bytes;
    ranks.run_everywhere([&] {
        if (!ranks.is_root()) return;
        const Invocation invocation = parse_command_line(words);
        word.options = invocation.options;
        const RunState state = word.options.resume ? state_of_run(word.options.out) : RunState::none;
        if (!invocation.answer.empty()) {
            print_answer(invocation.answer);
            bytes = encode(word);
            return;
        }
        const auto answer = [&](const std::string& text) {
            static_cast<void>(std::fputs(text.c_str(), stdout));
            bytes = encode(word);
        };
        const std::string finished =
            fmt::format("The run in {} is complete; there is nothing left to do.\n", core::printable(word.options.out));
        if (state == RunState::finished && !invocation.has_choices) return answer(finished);
        if (word.options.min_members > word.options.members) {
            core::fail(core::Failure::usage, "--min-members {}: the ensemble has only {}", word.options.min_members,
                       word.options.members);
        }
        resolve_paths(word.options);
        loaded = load_data(word.options);
        loaded->notes.insert(loaded->notes.begin(), invocation.notes.begin(), invocation.notes.end());
        const Experiment experiment(word.options, *loaded);
        word.options = experiment.options();
        if (state != RunState::none) {
            const std::string note = refuse_other_run(experiment);
            if (state == RunState::finished) return answer(finished);
            if (!note.empty()) static_cast<void>(std::fputs((core::printable(note) + "\n").c_str(), stdout));
        }
        word.go_on = true;
        bytes = encode(word);
    });
    ranks.broadcast(bytes);
    if (!ranks.is_root()) word = decode(bytes);
    if (!word.go_on) return nullptr;

    compute::prepare_thread();  // from here on this rank computes

    // Members are the same wherever they are trained, so every rank must be able to.
    ranks.run_everywhere(
        [&] { require_precision(word.options.training.precision, compute::multiplies_bf16(), ranks.host()); });

    std::vector<std::byte> packed;
    std::vector<std::string> notes;
    if (loaded) {
        packed = data::pack(*loaded);
        notes = std::move(loaded->notes);
    }
    loaded.reset();
    const comm::NodeBytes shared = ranks.share_on_nodes(packed);
    packed = {};

    std::unique_ptr<Experiment> experiment;
    ranks.run_everywhere([&] {
        data::Source source = data::unpack({shared.owner, shared.bytes});
        source.notes = std::move(notes);
        experiment = std::make_unique<Experiment>(word.options, std::move(source));
    });
    return experiment;
}

}  // namespace ensemble::run
