#include "config/command_line.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include <CLI/CLI.hpp>

#include "config/configuration.hpp"
#include "config/ensemble_settings.hpp"
#include "config/help.hpp"
#include "config/named_configurations.hpp"
#include "config/parse_value.hpp"
#include "config/program_text.hpp"
#include "config/settings.hpp"
#include "config/variation.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/builtin.hpp"
#include "store/run_directory.hpp"
#include "store/run_state.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;

/// The content of a file that `option` names.
std::string read_file(const std::string& file, std::string_view option, Failure kind) {
    try {
        std::ifstream stream(file, std::ios::binary);
        if (stream) {
            std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
            if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
                fail(kind, "{}: '{}' is written in UTF-16; save it as UTF-8", option, file);
            }
            if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);  // a byte order mark, by editors on Windows
            return text;
        }
    } catch (const std::ios_base::failure&) {
        // A directory can be opened but not read; the message is the same.
    }
    fail(kind, "{}: cannot read the file '{}'; check its path", option, file);
}

/// The content of what --config means.
std::string read_configuration(const std::string& file) {
    try {
        return read_file(file, "--config", Failure::usage);
    } catch (const core::Error& error) {
        std::string names;
        for (const NamedConfiguration& each : named_configurations()) names += (names.empty() ? "" : ", ") + each.name;
        if (names.empty() || file.find('/') != std::string::npos) throw;
        fail(error.kind(), "{}; those that come with the program are {}", error.what(), names);
    }
}

/// What presets bring along, where neither command line nor file says otherwise; it holds for all members.
std::set<std::string> apply_presets(Options& options, const std::set<std::string>& chosen) {
    struct Brought {
        std::string_view value;
        std::string_view preset;
    };
    std::map<std::string, Brought> brought;
    for (const std::string& net : options.nets) {
        const model::Preset* preset = model::find_preset(net);
        if (preset == nullptr) continue;
        for (const auto& [option, value] : preset->settings) {
            const Setting* setting = find_setting(option);
            core::require(setting != nullptr, "presets use the names of settings");
            const auto is_it = [&](const Variation& variation) { return variation.setting == setting->name; };
            if (chosen.contains(setting->name) || std::ranges::any_of(options.variations, is_it)) continue;
            const auto [place, is_new] = brought.try_emplace(setting->name, Brought{value, preset->name});
            if (!is_new && place->second.value != value) {
                fail(Failure::usage, "--net {} brings --{} {} and --net {} {}; say which with --{}",
                     place->second.preset, setting->name, place->second.value, preset->name, value, setting->name);
            }
            setting->set(options, value);
        }
    }
    std::set<std::string> names;
    for (const auto& [name, value] : brought) names.insert(name);
    return names;
}

/// Cycles anneal (Huang et al. 2017) where nothing says otherwise.
void apply_snapshots(Options& options, const std::set<std::string>& chosen) {
    const auto is_schedule = [](const Variation& variation) { return variation.setting == "schedule"; };
    if (options.snapshots == 1 || chosen.contains("schedule")) return;
    if (std::ranges::any_of(options.variations, is_schedule)) return;
    options.training.schedule = train::ScheduleKind::cosine;
}

/// An option that is given but can change nothing is a misunderstanding worth saying.
void refuse_idle_settings(const Options& options, const std::set<std::string>& given) {
    for (const std::string& name : given) {
        const Setting& setting = *find_setting(name);
        // What belongs to no choice is switched off by its own value.
        if (setting.belongs_to.empty() || value_in_use(setting, options)) continue;
        fail(Failure::usage, "--{} has no effect here: it belongs to {}", name, setting.belongs_to);
    }
}

/// What is given for all members cannot vary too.
void refuse_contradictions(const Options& options, const std::set<std::string>& given) {
    for (const Variation& variation : options.variations) {
        if (given.contains(variation.setting))
            fail(Failure::usage, "--{} is the same for all members, and --vary {} differs; leave one out",
                 variation.setting, variation.setting);
    }
}

/// Sets options as the words come, and remembers which were given.
class Reader {
public:
    Reader() {
        app_.get_formatter()->column_width(34);
        app_.allow_extras();
        app_.set_help_flag();  // added again behind the others
        for (const Setting& setting : settings()) add(setting);
        add_word("--out", "DIR", "run directory, made if missing (runs/<time>)",
                 [this](const std::string& text) { set_out(text); });
        add_word("--config", "FILE",
                 "read settings from a TOML file, or from one of those below; the command line wins",
                 [this](const std::string& text) { config_ = text; });
        app_.add_flag("--resume", invocation_.options.resume,
                      "go on with the run in --out, on any number of ranks, with its settings; begin it if there is "
                      "none yet")
            ->group("Stopping and going on");
        add_word(
            "--replay", "K",
            "train member K of the finished run in --out again, with its settings, and say whether it is the same to "
            "the bit; nothing is written",
            [this](const std::string& text) { set_replay(text); });
        app_.add_flag("--dry-run", invocation_.options.dry_run, "check everything, print the plan and stop")
            ->group("Running");
        app_.add_flag("--print-config", invocation_.print_config,
                      "print the complete configuration as TOML, for --config, and stop")
            ->group("Running");
        add_word("--describe", "FILE", "say what each column of a text table is taken for, and stop",
                 [this](const std::string& text) {
                     invocation_.options.data = text;
                     invocation_.describes = true;
                 });
    }

    Invocation read(std::span<const char* const> words) {
        invocation_.answer = answer_or_parse(app_, introduction(), words);
        if (!invocation_.answer.empty()) return invocation_;
        Options& options = invocation_.options;
        std::set<std::string> chosen = given_;
        if (!config_.empty()) {
            const std::string file = configuration_file(config_);
            chosen.merge(apply_configuration(options, read_configuration(file), file, given_));
        }
        for (const std::string& name : chosen) {
            if (determines_results(find_setting(name)->role)) invocation_.has_choices = true;
        }
        if (options.resume) take_settings_of_run(options, chosen, "--resume");
        if (invocation_.replay) take_settings_of_run(options, chosen, "--replay");
        if (!config_.empty() && !chosen.contains("data")) {
            invocation_.notes.push_back(
                fmt::format("--config {}: names no data, so that the built-in {} are learnt; --data names others",
                            config_, options.data));
        }
        const std::string_view suitable = data::suitable_network(options.data);
        if (!chosen.contains("net") && !suitable.empty()) options.nets = {std::string(suitable)};
        for (std::string& net : options.nets) {
            if (net.starts_with("@")) net = read_file(net.substr(1), "--net", Failure::data);
        }
        apply_snapshots(options, chosen);
        invocation_.chosen = chosen;
        invocation_.chosen.merge(apply_presets(options, chosen));
        refuse_idle_settings(options, given_);
        refuse_contradictions(options, given_);
        return invocation_;
    }

private:
    void add(const Setting& setting) {
        const std::string option = "--" + setting.name;
        if (setting.is_toggle()) {
            const auto turn = [&](const std::string& flag, const char* value, const std::string& group) {
                app_.add_flag_callback(
                        flag, [this, &setting, value] { set(setting, value); }, setting.help)
                    ->group(group);
            };
            turn(option, "true", setting.group);
            turn("--no-" + setting.name, "false", "");  // understood, not shown
            return;
        }
        // What belongs to a choice names its default in its help, whatever the choice.
        const auto standard = setting.belongs_to.empty() ? setting.get(Options{}) : std::nullopt;
        add_word(option, setting.type, setting.help, [this, &setting](const std::string& text) { set(setting, text); })
            ->trigger_on_parse(setting.is_list())  // each time it is given
            ->default_str(standard ? text_of(*standard) : "")
            ->group(setting.group);
        if (setting.former.empty()) return;
        const auto use = [this, &setting](const std::string& text) {
            set(setting, text);
            invocation_.notes.push_back(fmt::format("--{} is called --{} now", setting.former, setting.name));
        };
        add_word("--" + setting.former, setting.type, "", use)->group("");  // understood, not shown
    }

    CLI::Option* add_word(const std::string& option, const std::string& type, const std::string& help,
                          const std::function<void(const std::string&)>& use) {
        return app_.add_option_function<std::string>(option, use, help)
            ->type_name(type)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
            ->group("Running");
    }

    void set(const Setting& setting, std::string_view text) {
        try {
            if (setting.is_list() && !given_.contains(setting.name)) setting.clear(invocation_.options);
            setting.set(invocation_.options, text);
        } catch (const core::Error& error) {
            fail(error.kind(), "--{}: {}", setting.name, error.what());
        }
        given_.insert(setting.name);
    }

    /// Nothing is no name, but what a script gives whose variable is not set.
    void set_out(const std::string& text) {
        if (text.empty()) fail(Failure::usage, "--out: is empty; give the name of a directory, or leave it out");
        invocation_.options.out = text;
    }

    void set_replay(const std::string& text) {
        try {
            invocation_.replay = static_cast<std::uint32_t>(parse_count(text, 0, most_members));
        } catch (const core::Error& error) {
            fail(error.kind(), "--replay: {}", error.what());
        }
    }

    /// A run that goes on, or is looked at again, has its own settings, where nothing else is said.
    static void take_settings_of_run(Options& options, std::set<std::string>& chosen, const char* option) {
        if (options.out.empty()) fail(Failure::usage, "{} needs the directory of a run: --out DIR", option);
        if (store::state_of_run(options.out) == store::RunState::none) return;
        const std::string file = store::RunDirectory::at(options.out).configuration().string();
        // What a budget led to when the run began holds, however often its command line is given.
        std::set<std::string> kept = chosen;
        if (options.time_budget_s > 0) {
            kept.erase("members");
            kept.erase("epochs");
        }
        chosen.merge(apply_configuration(options, read_file(file, option, Failure::data), file, kept));
    }

    static Introduction introduction() {
        return {.name = "ensemble_train",
                .purpose = "train an ensemble of neural networks, alone or with mpirun or srun on many ranks",
                .group = "Running",
                .more = help_footer,
                .see_also = {"ensemble_report", "ensemble-run"}};
    }

    CLI::App app_;
    Invocation invocation_;
    std::string config_;
    std::set<std::string> given_;
};

}  // namespace

Invocation parse_command_line(std::span<const char* const> words) {
    return Reader().read(words);
}

std::string version() {
    return ENSEMBLE_VERSION;
}

}  // namespace ensemble::config
