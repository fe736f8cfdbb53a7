#include "config/program_text.hpp"

#include <algorithm>
#include <sstream>
#include <variant>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "config/command_line.hpp"
#include "config/named_configurations.hpp"
#include "config/parse_words.hpp"
#include "config/settings.hpp"
#include "data/builtin.hpp"
#include "model/network.hpp"

namespace ensemble::config {
namespace {

/// Values of the option of that name that have names of their own; of a few there are others beside them.
std::vector<std::string> known_values(const std::string& name, const Introduction& introduction) {
    if (const auto own = introduction.values.find(name); own != introduction.values.end()) return own->second;
    std::vector<std::string> words;
    if (name == "data" || name == "ood") {
        std::string word;
        for (std::istringstream names(data::builtin_names()); std::getline(names >> std::ws, word, ',');)
            words.push_back(word);
    } else if (name == "net") {
        for (const model::Preset& preset : model::presets()) words.emplace_back(preset.name);
    } else if (name == "config") {
        for (const NamedConfiguration& each : named_configurations()) words.push_back(each.name);
    } else if (const Setting* setting = find_setting(name)) {
        const auto* choices = std::get_if<Choices>(&setting->domain);
        if (choices == nullptr) return words;
        // Of classes and of numbers there may be one of the same name.
        for (const std::string_view word : choices->names) {
            if (std::ranges::find(words, word) == words.end()) words.emplace_back(word);
        }
    }
    return words;
}

OptionText describe(const CLI::Option& option, const Introduction& introduction) {
    const bool is_named = !option.get_lnames().empty();
    const std::string name = is_named ? option.get_lnames().front() : option.get_single_name();
    OptionText text{.name = is_named ? "--" + name : name,
                    .type = option.get_items_expected_max() > 0 && is_named ? option.get_type_name() : "",
                    .standard = option.get_default_str(),
                    .help = option.get_description(),
                    .group = option.get_group(),
                    .completion = Completion::nothing,
                    .words = is_named ? known_values(name, introduction) : std::vector<std::string>{}};
    const std::string_view type = is_named ? std::string_view(text.type) : std::string_view(name);
    if (type == "FILE" || type == "WHAT") {
        text.completion = Completion::files;
    } else if (type == "DIR" || type == "RUN") {
        text.completion = Completion::directories;
    } else if (!text.words.empty()) {
        text.completion = Completion::words;
    }
    return text;
}

ProgramText describe(const CLI::App& app, const Introduction& introduction) {
    ProgramText program{.name = std::string(introduction.name),
                        .purpose = std::string(introduction.purpose),
                        .options = {},
                        .more = introduction.more ? introduction.more() : "",
                        .see_also = {introduction.see_also.begin(), introduction.see_also.end()}};
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_group().empty()) program.options.push_back(describe(*option, introduction));
    }
    return program;
}

std::string help(const CLI::App& app, const Introduction& introduction) {
    std::string options = app.help(std::string(introduction.name));
    for (std::size_t gap = 0; (gap = options.find("\n\n\n", gap)) != std::string::npos;) options.erase(gap, 1);
    return fmt::format("{}: {}\n\n{}{}", introduction.name, introduction.purpose, options,
                       introduction.more ? introduction.more() : "");
}

}  // namespace

std::string answer_or_parse(CLI::App& app, const Introduction& introduction, std::span<const char* const> words) {
    const std::string group(introduction.group);
    bool wants_version = false;
    bool wants_manual = false;
    std::string shell;
    app.add_flag("--print-man", wants_manual)->group("");
    app.add_option("--print-completion", shell)->group("");
    app.add_flag("--version", wants_version, "print the version and stop")->group(group);
    app.set_help_flag("-h,--help", "print this and stop")->group(group);
    if (!parse_words(app, words)) return help(app, introduction);
    if (wants_version) return fmt::format("{} {}\n", introduction.name, version());
    if (wants_manual) return manual_page(describe(app, introduction));
    if (!shell.empty()) return completion_script(describe(app, introduction), shell);
    return "";
}

}  // namespace ensemble::config
