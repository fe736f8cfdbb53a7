#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ensemble::data {

/// Texts with a number each, to be found by any text without a copy.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
using PlaceOfText = std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>>;

/// How a level is called: as it is written, but numbers by their shortest spelling, so that 1, 1.0 and 01 are one.
[[nodiscard]] std::string level_name(std::string_view word);

/// The levels of a category in ascending order, to be found by how files write them: numbers by their value, where all
/// are, else by bytes.
class Levels {
public:
    /// `names` as level_name() makes them; equal ones are one.
    explicit Levels(std::vector<std::string> names);

    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

    /// The place of the level that `word` is; nothing if there is none.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view word) const;

private:
    std::vector<std::string> names_;
    PlaceOfText places_;
};

}  // namespace ensemble::data
