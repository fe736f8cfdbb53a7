#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ensemble::model {

/// One item of the network notation: a layer, or a block with networks inside.
struct Item {
    std::string name;                         ///< "dense", "relu", "skip", …
    std::vector<double> arguments;            ///< dense(512) → {512}
    std::vector<std::string> words;           ///< conv(32, 3, valid) → {"valid"}; they come last
    std::vector<std::vector<Item>> branches;  ///< the networks in brackets: one for skip and repeat, some for split
    std::size_t line = 1;                     ///< where it stands in the text, counted from 1
    std::size_t column = 1;
};

using Items = std::vector<Item>;

/// The text without the white space around it, blanks of every width included.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Reads the notation; checks names, argument counts and ranges, not shapes.
/// Throws core::Error (usage) with line, column and the text around it.
[[nodiscard]] Items parse(std::string_view text);

/// The arguments of an item as they are written, with their parentheses; empty without any. For people: of many, the
/// first.
[[nodiscard]] std::string arguments_text(const Item& item);

/// Writes items back as text that parses to the same items.
[[nodiscard]] std::string to_text(const Items& items);

}  // namespace ensemble::model
