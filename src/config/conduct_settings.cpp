#include "config/conduct_settings.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "config/ensemble_settings.hpp"
#include "config/parse_value.hpp"
#include "config/setting_kinds.hpp"
#include "core/error.hpp"

namespace ensemble::config {
namespace {

using std::string_view;

constexpr std::uint64_t most_threads = 1024;

std::string text_of_seconds(double seconds) {
    return fmt::format("{}s", seconds);
}

bool is_count(string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// "auto" (0) or "4".
std::size_t parse_threads(string_view text) {
    if (text == "auto") return 0;
    if (!is_count(text))
        core::fail(core::Failure::usage, "'{}' is not a whole number from 1 to {}, nor auto", text, most_threads);
    return parse_count(text, 1, most_threads);
}

/// "none", "5" (epochs) or "10min".
CheckpointInterval parse_interval(string_view text) {
    if (text == "none") return {.epochs = 0, .seconds = 0};
    if (!is_count(text)) return {.epochs = 0, .seconds = parse_duration(text)};
    return {.epochs = parse_count(text, 1, std::numeric_limits<std::uint32_t>::max()), .seconds = 0};
}

Value text_of_interval(const CheckpointInterval& interval) {
    if (interval.epochs > 0) return fmt::format("{}", interval.epochs);
    return interval.seconds > 0 ? text_of_seconds(interval.seconds) : "none";
}

Caption conduct(std::string name, std::string type, std::string help, std::string group) {
    return {.name = std::move(name),
            .group = std::move(group),
            .type = std::move(type),
            .help = std::move(help),
            .role = Role::conduct};
}

Caption stopping(std::string name, std::string type, std::string help) {
    return conduct(std::move(name), std::move(type), std::move(help), "Stopping and going on");
}

std::vector<Setting> how_it_runs() {
    return {
        setting_of(
            conduct("threads", "N",
                    "threads for each member; auto: one, and what ranks of the same host leave idle when "
                    "members run out; results do not depend on it",
                    "Running"),
            WholeNumbers{1, most_threads, "auto"},
            [](Options& o, string_view text) { o.threads = parse_threads(text); },
            [](const Options& o) {
                return o.threads == 0 ? Value("auto") : Value(static_cast<std::int64_t>(o.threads));
            }),
        setting_of(
            conduct("recipe", "NAME",
                    "settings that nobody gives are chosen by the kind of data, or none: auto none (auto), see below",
                    "Training"),
            Choices{{"auto", "none"}},
            [](Options& o, string_view text) {
                const std::vector<string_view> names{"auto", "none"};
                o.recipe = parse_choice(text, names) == 0;
            },
            [](const Options& o) { return Value(std::string(o.recipe ? "auto" : "none")); }),
        toggle(
            conduct("tensorboard", "",
                    "write event files to RUN/tensorboard: losses, scores, what goes on in each layer, for "
                    "tensorboard --logdir",
                    "Running"),
            [](auto& o) -> auto& { return o.tensorboard; }),
    };
}

std::vector<Setting> when_it_stops() {
    return {
        setting_of(
            stopping("checkpoint-every", "WHEN",
                     "save half-trained members every so many epochs (5) or so often (30s, 10min), or none; "
                     "training does not wait for it"),
            Notation{}, [](Options& o, string_view text) { o.checkpoint_every = parse_interval(text); },
            [](const Options& o) { return text_of_interval(o.checkpoint_every); }),
        setting_of(
            stopping("time-limit", "TIME",
                     "after so long since the start (90min, 1:30:00) save everything, sum up what is finished, "
                     "and stop (no limit)"),
            Durations{}, [](Options& o, string_view text) { o.time_limit_s = parse_duration(text); },
            [](const Options& o) {
                return o.time_limit_s > 0 ? std::optional<Value>(text_of_seconds(o.time_limit_s)) : std::nullopt;
            }),
        setting_of(
            conduct("time-budget", "TIME",
                    "train no more members and epochs than fit into so long (5min, 1:30:00), measured at the start; "
                    "config.toml says what was chosen, and repeats the run (any time)",
                    "Training"),
            Durations{}, [](Options& o, string_view text) { o.time_budget_s = parse_duration(text); },
            [](const Options& o) {
                return o.time_budget_s > 0 ? std::optional<Value>(text_of_seconds(o.time_budget_s)) : std::nullopt;
            }),
        whole_number(
            stopping("min-members", "K",
                     "when stopped, accept the ensemble as complete if at least K members are finished and "
                     "usable (all)"),
            [](auto& o) -> auto& { return o.min_members; }, {1, most_members},
            [](const Options& o) { return o.min_members > 0; }),
        setting_of(
            stopping("dead-after", "TIME",
                     "give up a rank that gives no sign of life for so long; launch/run then goes on with the "
                     "others"),
            Durations{},
            [](Options& o, string_view text) {
                o.dead_after_s = parse_duration(text);
                if (o.dead_after_s < 1) {
                    core::fail(core::Failure::usage, "ranks need at least 1s to show that they live");
                }
            },
            [](const Options& o) { return text_of_seconds(o.dead_after_s); }),
    };
}

}  // namespace

std::vector<Setting> conduct_settings() {
    std::vector<Setting> all = how_it_runs();
    std::ranges::move(when_it_stops(), std::back_inserter(all));
    return all;
}

}  // namespace ensemble::config
