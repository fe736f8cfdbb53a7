#include "config/parse_words.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/error.hpp"
#include "core/nearest.hpp"

namespace ensemble::config {
namespace {

std::string unexpected(const std::string& word, const CLI::App& app) {
    if (!word.starts_with("-")) {
        std::error_code none;  // which says no file
        if (app.get_option_no_throw("--data") != nullptr && std::filesystem::exists(word, none))
            return fmt::format("'{}' belongs to no option; data are given as --data {} (see --help)", word, word);
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

}  // namespace

bool parse_words(CLI::App& app, std::span<const char* const> words) {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    try {
        app.parse(std::move(reversed));
    } catch (const CLI::CallForHelp&) {
        return false;
    } catch (const CLI::ArgumentMismatch& error) {
        // "--members: 1 required N missing"
        const std::string_view words_of_parser = error.what();
        core::fail(core::Failure::usage, "{} needs a value (see --help)",
                   words_of_parser.substr(0, words_of_parser.find(':')));
    } catch (const CLI::ParseError& error) {
        core::fail(core::Failure::usage, "{} (see --help)", error.what());
    }
    if (const auto rest = app.remaining(); !rest.empty())
        core::fail(core::Failure::usage, "{}", unexpected(rest.front(), app));
    return true;
}

}  // namespace ensemble::config
