#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "data/column.hpp"
#include "data/levels.hpp"

namespace ensemble::data {

/// The words of a column that is a category, as they come.
class LevelCounts {
public:
    struct Level {
        std::string name;      ///< as level_name() has it, or else as it is written first
        std::size_t rows = 0;  ///< that have it
        std::size_t line = 0;  ///< of the first of them
    };
    using Is = std::function<bool(const Level&)>;

    /// All words are levels, numbered as they come.
    LevelCounts() = default;

    /// The levels are these; others are unknown_level.
    explicit LevelCounts(const std::vector<std::string>& known);

    /// The place of the level that `word` is in `line`.
    [[nodiscard]] double place_of(std::string_view word, std::size_t line);

    /// Rows with a level that is not known.
    [[nodiscard]] std::size_t unknown() const noexcept { return unknown_; }

    /// How many rows have levels for which that is true, or any.
    [[nodiscard]] std::size_t rows(const Is& is) const;
    [[nodiscard]] std::size_t rows() const;

    /// The one whose first row comes first among those; null if there is none.
    [[nodiscard]] const Level* first(const Is& is) const;

    [[nodiscard]] const std::vector<Level>& levels() const noexcept { return levels_; }

    /// The place of each level when all are in ascending order, which `names` is filled with.
    [[nodiscard]] std::vector<std::size_t> sorted(std::vector<std::string>& names) const;

private:
    std::vector<Level> levels_;
    PlaceOfText names_;      ///< of the levels
    PlaceOfText spellings_;  ///< of all words that have come
    bool is_closed_ = false;
    std::size_t unknown_ = 0;
};

}  // namespace ensemble::data
