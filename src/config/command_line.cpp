#include "config/command_line.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include <CLI/CLI.hpp>

#include "analysis/combination.hpp"
#include "config/configuration.hpp"
#include "config/parse_value.hpp"
#include "config/settings.hpp"
#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "data/builtin.hpp"
#include "store/run_directory.hpp"
#include "store/run_state.hpp"
#include "task/task.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;

std::string footer() {
    std::string text = "Presets for --net:\n";
    for (const model::Preset& preset : model::presets()) {
        text += fmt::format("  {:<14} {}\n  {:<14} {}\n", preset.name, preset.purpose, "", preset.text);
        std::string brings;
        for (const auto& [option, value] : preset.settings) brings += fmt::format(" --{} {}", option, value);
        if (!brings.empty()) text += fmt::format("  {:<14} unless given otherwise:{}\n", "", brings);
    }
    const auto list = [&](std::string_view title, const auto& entries, const auto& name_of) {
        text += fmt::format("\n{}:\n", title);
        for (const auto& entry : entries) text += fmt::format("  {:<14} {}\n", name_of(entry), entry.text);
    };
    list("What is learnt, for --loss", task::tasks(), [](const task::Task& task) { return task.loss_name; });
    list("How members become one prediction, for --combine", analysis::combinations(),
         [](const analysis::Combination& combination) { return combination.name; });
    text +=
        "\nData for --data:\n"
        "  digits         hand-drawn digits, 28×28 grey, ten classes; digits:train=60000,test=10000 for more\n"
        "  xor            the truth table of exclusive or\n"
        "  moons          two interleaved half circles\n"
        "  spirals        two interleaved spirals\n"
        "  a directory    the four IDX files of MNIST, Fashion-MNIST or EMNIST, plain or .gz\n"
        "  a text table   numbers and a column to be learnt (--target), say .csv, .tsv or .txt; commas, semicolons, "
        "tabs\n"
        "                 | or blanks between them and a header line are found out; test rows by --test\n"
        "  a .npy         features: rows × features, rows × T × F, rows × height × width (× channels), numbers of any "
        "type\n"
        "                 as numpy.save writes them; targets in a .npy of their own, there or beside it: --target\n"
        "                 y.npy (a number or word per row, one column of 0 and 1 per class, or several numbers per "
        "row);\n"
        "                 test rows by --test and --test-target\n"
        "\nWhat is done to them:\n"
        "  --target       4 is the column named 4, if the header has that name, else the fourth; so with --ignore, "
        "where\n"
        "                 names with commas stand in double quotes; several columns are numbers to be learnt together\n"
        "  --header       auto: the first line is held against the lines below, and what could be either is refused\n"
        "  --task         without it, classification if the target has words or few whole numbers (at most 100 "
        "different\n"
        "                 ones, each twice on average), else regression\n"
        "  --standardize  over the training rows: each feature by itself (features), each place on the last axis\n"
        "                 (channels; the features of a sequence), or all together (all); auto: channels for tables "
        "and\n"
        "                 .npy files, none for built-in data and images of bytes, which are seen as 0 to 1\n"
        "  --augment      anew in every epoch, each part uniform up to its strength: shift by pixels, rotate by "
        "degrees,\n"
        "                 scale by a share of width and of height, elastic by a smooth field of at most so many "
        "pixels;\n"
        "                 flip mirrors that share of the images, left to right\n"
        "  --folds        every row that is not for testing is held out once: predictions/validation/ has of each "
        "member "
        "the\n"
        "                 rows it was not trained on, and NaN elsewhere; results pool them as out_of_fold\n"
        "  --tta          the copies are distorted by as much as in training; validation sees each image once\n"
        "\nHow members differ, beside their random numbers:\n"
        "  --net          several: members 0, 1, 2 … take them in turn\n"
        "  --vary         lr=0.01,0.001 in turn; lr=1e-4..1e-2 drawn for each member, rates uniform in their "
        "logarithm;\n"
        "                 a value with commas stands in double quotes; any setting of a member, such as init, epochs, "
        "batch,\n"
        "                 optimizer, weight-decay, augment, bootstrap, feature-fraction; with several --vary or --net\n"
        "                 members go through all combinations, networks turning fastest, then the first --vary\n"
        "\nExample: mpirun -np 4 ensemble_train --data digits --members 8 --net 'dense(256) relu dropout(0.3)'\n";
    return text;
}

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

std::string unexpected(const std::string& word, const CLI::App& app) {
    if (!word.starts_with("-")) {
        return fmt::format("'{}' belongs to no option; values with spaces need quotes (see --help)", word);
    }
    std::vector<std::string_view> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) names.emplace_back(name);
    }
    const std::string name = word.substr(0, word.find('='));
    const std::size_t dashes = std::min(name.find_first_not_of('-'), name.size());
    const std::string_view close = core::nearest(std::string_view(name).substr(dashes), names);
    if (close.empty()) return fmt::format("there is no option {} (see --help)", name);
    return fmt::format("there is no option {}; did you mean --{}?", name, close);
}

/// Sets options as the words come, and remembers which were given.
class Reader {
public:
    Reader() {
        app_.get_formatter()->column_width(34);
        app_.allow_extras();
        app_.set_help_flag();  // added again below, at its place
        for (const Setting& setting : settings()) add(setting);
        add_word("--out", "DIR", "run directory, made if missing (runs/<time>)",
                 [this](const std::string& text) { invocation_.options.out = text; });
        add_word("--config", "FILE", "read settings from a TOML file; the command line wins",
                 [this](const std::string& text) { config_ = text; });
        app_.add_flag("--resume", invocation_.options.resume,
                      "go on with the run in --out, on any number of ranks, with its settings; begin it if there is "
                      "none yet")
            ->group("Stopping and going on");
        app_.add_flag("--dry-run", invocation_.options.dry_run, "check everything, print the plan and stop")
            ->group("Running");
        app_.add_flag("--version", wants_version_, "print the version and stop")->group("Running");
        app_.set_help_flag("-h,--help", "print this and stop")->group("Running");
    }

    Invocation read(std::span<const char* const> words) {
        std::vector<std::string> reversed(words.rbegin(), words.rend());
        try {
            app_.parse(std::move(reversed));
        } catch (const CLI::CallForHelp&) {
            invocation_.answer = help();
            return invocation_;
        } catch (const CLI::ArgumentMismatch& error) {
            // "--members: 1 required N missing"
            const std::string_view words_of_parser = error.what();
            fail(Failure::usage, "{} needs a value (see --help)", words_of_parser.substr(0, words_of_parser.find(':')));
        } catch (const CLI::ParseError& error) {
            fail(Failure::usage, "{} (see --help)", error.what());
        }
        if (wants_version_) {
            invocation_.answer = "ensemble_train " + version() + "\n";
            return invocation_;
        }
        if (const auto rest = app_.remaining(); !rest.empty())
            fail(Failure::usage, "{}", unexpected(rest.front(), app_));
        Options& options = invocation_.options;
        std::set<std::string> chosen = given_;
        if (!config_.empty()) {
            chosen.merge(apply_configuration(options, read_file(config_, "--config", Failure::usage), config_, given_));
        }
        for (const std::string& name : chosen) {
            if (determines_results(find_setting(name)->role)) invocation_.has_choices = true;
        }
        if (options.resume) take_settings_of_run(options, chosen);
        const std::string_view suitable = data::suitable_network(options.data);
        if (!chosen.contains("net") && !suitable.empty()) options.nets = {std::string(suitable)};
        for (std::string& net : options.nets) {
            if (net.starts_with("@")) net = read_file(net.substr(1), "--net", Failure::data);
        }
        apply_presets(chosen);
        refuse_idle_settings();
        refuse_contradictions();
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
        const auto use_it = [this, &setting](const std::string& text) { set(setting, text); };
        (setting.is_list() ? add_words(option, setting) : add_word(option, setting.type, setting.help, use_it))
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

    /// An option that may be given several times.
    CLI::Option* add_words(const std::string& option, const Setting& setting) {
        const auto use = [this, &setting](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) set(setting, text);
        };
        return app_.add_option_function<std::vector<std::string>>(option, use, setting.help)
            ->type_name(setting.type)
            ->expected(1)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
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

    /// A run that goes on has its own settings, where nothing else is said.
    static void take_settings_of_run(Options& options, std::set<std::string>& chosen) {
        if (options.out.empty()) fail(Failure::usage, "--resume needs the directory of a run: --out DIR");
        if (store::state_of_run(options.out) == store::RunState::none) return;
        const std::string file = store::RunDirectory::at(options.out).configuration().string();
        chosen.merge(apply_configuration(options, read_file(file, "--resume", Failure::data), file, chosen));
    }

    /// What presets bring along, where neither command line nor file says otherwise; it holds for all members.
    void apply_presets(const std::set<std::string>& chosen) {
        struct Brought {
            std::string_view value;
            std::string_view preset;
        };
        std::map<std::string, Brought> brought;
        for (const std::string& net : invocation_.options.nets) {
            const model::Preset* preset = model::find_preset(net);
            if (preset == nullptr) continue;
            for (const auto& [option, value] : preset->settings) {
                const Setting* setting = find_setting(option);
                core::require(setting != nullptr, "presets use the names of settings");
                if (chosen.contains(setting->name)) continue;
                const auto [place, is_new] = brought.try_emplace(setting->name, Brought{value, preset->name});
                if (!is_new && place->second.value != value) {
                    fail(Failure::usage, "--net {} brings --{} {} and --net {} {}; say which with --{}",
                         place->second.preset, setting->name, place->second.value, preset->name, value, setting->name);
                }
                setting->set(invocation_.options, value);
            }
        }
    }

    /// An option that is given but can change nothing is a misunderstanding worth saying.
    void refuse_idle_settings() const {
        for (const std::string& name : given_) {
            const Setting& setting = *find_setting(name);
            if (setting.get(invocation_.options)) continue;
            fail(Failure::usage, "--{} has no effect here: it belongs to {}", name, setting.belongs_to);
        }
    }

    /// What is given for all members cannot vary too.
    void refuse_contradictions() const {
        for (const Variation& variation : invocation_.options.variations) {
            if (given_.contains(variation.setting) && given_.contains("vary"))
                fail(Failure::usage, "--{} is the same for all members, and --vary {} differs; leave one out",
                     variation.setting, variation.setting);
        }
    }

    std::string help() const {
        std::string options = app_.help("ensemble_train");
        for (std::size_t gap = 0; (gap = options.find("\n\n\n", gap)) != std::string::npos;) options.erase(gap, 1);
        return fmt::format(
            "ensemble_train: train an ensemble of neural networks, alone or with mpirun or srun on many ranks\n\n{}{}",
            options, footer());
    }

    CLI::App app_;
    Invocation invocation_;
    std::string config_;
    bool wants_version_ = false;
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
