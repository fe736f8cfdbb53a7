#pragma once

#include <functional>
#include <span>
#include <string>

namespace CLI {
class App;
}

namespace ensemble::config {

/// Has `app`, which allows extras, take the words of a command line (without the program's name). Returns false where
/// they ask for help. Throws core::Error (usage) for words it does not understand, in the form of all our messages,
/// with the option that may have been meant.
[[nodiscard]] bool parse_words(CLI::App& app, std::span<const char* const> words);

}  // namespace ensemble::config
