#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/ranges.h>

#include "config/program_text.hpp"
#include "core/error.hpp"

namespace ensemble::config {
namespace {

/// The beginning of what an option's help says: what fits beside it on a line.
std::string in_short(const OptionText& option) {
    std::string_view text = option.help;
    for (const std::string_view end : {": ", "; ", " (", ", see"}) {
        if (const std::size_t at = text.find(end); at != 0) text = text.substr(0, at);
    }
    return std::string(text);
}

/// With a backslash before each of `letters`.
std::string escaped(std::string_view text, std::string_view letters) {
    std::string out;
    for (const char letter : text) {
        if (letters.find(letter) != std::string_view::npos) out += '\\';
        out += letter;
    }
    return out;
}

/// Between single quotes, as bash and zsh read it.
std::string quoted(std::string_view text) {
    std::string out = "'";
    for (const char letter : text) letter == '\'' ? out += "'\\''" : out += letter;
    return out + "'";
}

bool is_named(const OptionText& option) {
    return option.name.starts_with('-');
}

/// The shell function that completes one option's value in bash.
std::string bash_case(const OptionText& option) {
    std::string action;
    if (!option.words.empty())
        action += fmt::format(" offer {};", quoted(fmt::format("{}", fmt::join(option.words, " "))));
    if (option.completion == Completion::files) action += " files -f;";
    if (option.completion == Completion::directories) action += " files -d;";
    return fmt::format("        {})\n           {} return ;;\n", option.name, action);
}

constexpr std::string_view bash_helpers = R"(    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    # Bash hands --name=value over as three words.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]] && ((COMP_CWORD > 1)); then
        prev=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    offer() { mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$1" -- "$cur"); }
    files() {
        compopt -o filenames 2>/dev/null
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen "$1" -- "$cur")
    }
)";

std::string bash(const ProgramText& program) {
    std::string cases;
    std::string argument;
    std::vector<std::string> names;
    for (const OptionText& option : program.options) {
        if (!is_named(option)) {
            argument = option.completion == Completion::directories ? " files -d" : " files -f";
            continue;
        }
        names.push_back(option.name);
        if (!option.type.empty()) cases += bash_case(option);
    }
    const std::string otherwise =
        argument.empty() ? "" : fmt::format("    [[ $cur == -* ]] || {{{}; return; }}\n", argument);
    return fmt::format(
        "# Completion of {0} in bash. Made by {0} --print-completion bash.\n"
        "_{0}() {{\n{1}    case $prev in\n{2}    esac\n{3}    offer {4}\n}}\n"
        "complete -F _{0} {0}\n",
        program.name, bash_helpers, cases, otherwise, quoted(fmt::format("{}", fmt::join(names, " "))));
}

std::string zsh_values(const OptionText& option) {
    const std::string words = fmt::format("{}", fmt::join(option.words, " "));
    const std::string_view paths = option.completion == Completion::directories ? "_files -/" : "_files";
    switch (option.completion) {
        case Completion::nothing:
            return " ";
        case Completion::words:
            return fmt::format("({})", words);
        case Completion::files:
        case Completion::directories:
            if (option.words.empty()) return std::string(paths);
            return fmt::format("{{compadd -- {}; {}}}", words, paths);
    }
    return " ";
}

std::string zsh(const ProgramText& program) {
    std::vector<std::string> specifications;
    for (const OptionText& option : program.options) {
        const std::string type = escaped(option.type.empty() ? option.name : option.type, ":");
        if (!is_named(option)) {
            specifications.push_back(quoted(fmt::format(":{}:{}", type, zsh_values(option))));
            continue;
        }
        const std::string help = escaped(in_short(option), "[]\\:");
        specifications.push_back(
            quoted(option.type.empty() ? fmt::format("{}[{}]", option.name, help)
                                       : fmt::format("*{}=[{}]:{}:{}", option.name, help, type, zsh_values(option))));
    }
    return fmt::format("#compdef {0}\n# Made by {0} --print-completion zsh.\n_arguments \\\n    {1}\n", program.name,
                       fmt::join(specifications, " \\\n    "));
}

std::string fish(const ProgramText& program) {
    std::string text = fmt::format("# Completion of {0} in fish. Made by {0} --print-completion fish.\n", program.name);
    const auto line = [&](std::string_view rest) { text += fmt::format("complete -c {}{}\n", program.name, rest); };
    const auto fish_quoted = [](std::string_view given) { return fmt::format("'{}'", escaped(given, "\\'")); };
    const bool has_argument =
        std::ranges::any_of(program.options, [](const auto& option) { return !is_named(option); });
    if (!has_argument) line(" -f");
    for (const OptionText& option : program.options) {
        if (!is_named(option)) continue;
        std::string rest = fmt::format(" -l {}", option.name.substr(2));
        std::vector<std::string> values = option.words;
        if (option.completion == Completion::directories) values.emplace_back("(__fish_complete_directories)");
        if (!option.type.empty()) rest += option.completion == Completion::files ? " -r -F" : " -x";
        if (!values.empty()) rest += fmt::format(" -a {}", fish_quoted(fmt::format("{}", fmt::join(values, " "))));
        line(fmt::format("{} -d {}", rest, fish_quoted(in_short(option))));
    }
    return text;
}

}  // namespace

std::string completion_script(const ProgramText& program, std::string_view shell) {
    if (shell == "bash") return bash(program);
    if (shell == "zsh") return zsh(program);
    if (shell == "fish") return fish(program);
    core::fail(core::Failure::usage, "--print-completion {}: there are scripts for bash, zsh and fish", shell);
}

}  // namespace ensemble::config
