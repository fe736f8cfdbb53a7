#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace ensemble::config {

/// What a program says of itself beside its options.
struct Introduction {
    std::string_view name;
    std::string_view purpose;                     ///< what it does, begins with a verb
    std::string_view group = "Options";           ///< the heading that --help and --version stand under
    std::function<std::string()> more = {};       ///< what --help says below the options
    std::vector<std::string_view> see_also = {};  ///< manual pages

    /// Values that options of its own take, for shells; where the list is empty none, although a setting of that name
    /// has some.
    std::map<std::string, std::vector<std::string>, std::less<>> values = {};
};

/// What can stand behind an option, for a shell that completes it.
enum class Completion : std::uint8_t { nothing, words, files, directories };

/// An option as people see it.
struct OptionText {
    std::string name;      ///< "--members", or "RUN" of an argument without a name
    std::string type;      ///< of its value; empty where it takes none
    std::string standard;  ///< its default; empty where there is none to tell
    std::string help;
    std::string group;
    Completion completion = Completion::nothing;
    std::vector<std::string> words;  ///< some of the values it takes
};

/// A program's command line as people see it, from which its manual page and what shells complete are made.
struct ProgramText {
    std::string name;
    std::string purpose;
    std::vector<OptionText> options;
    std::string more;
    std::vector<std::string> see_also;
};

/// Has `app`, which allows extras, take the words of a command line (without the program's name), and answers what is a
/// question of the program itself: --help and --version, which are added to its options, and --print-man and
/// --print-completion bash|zsh|fish, which the build asks. Returns the answer, empty where the words ask for work.
/// Throws core::Error (usage) as parse_words() does.
[[nodiscard]] std::string answer_or_parse(CLI::App& app, const Introduction& introduction,
                                          std::span<const char* const> words);

/// A manual page, in the language of man(7).
[[nodiscard]] std::string manual_page(const ProgramText& program);

/// A script for a shell: "bash", "zsh" or "fish". Throws core::Error (usage) for another one.
[[nodiscard]] std::string completion_script(const ProgramText& program, std::string_view shell);

}  // namespace ensemble::config
