#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.hpp"
#include "data/dataset.hpp"

namespace ensemble::config {

/// A value of a setting that suits a kind of data.
struct RecipeValue {
    std::string_view setting;
    std::string value;
};

/// What suits a kind of data.
struct Recipe {
    std::string_view data;  ///< what it is for, for people: "text tables"
    std::string_view help;  ///< what it chooses, in lines for --help
    bool is_of_one_piece;   ///< its other settings are for its network: who chooses another has none of them
    bool (*suits)(const Options& options, const data::Source& source);
    std::vector<RecipeValue> (*values)(const data::Source& source);
    std::string (*words)(const Options& options, const data::Source& source);  ///< for people: "a table of 150 rows"
};

/// All of them; the first that suits is taken.
[[nodiscard]] std::span<const Recipe> recipes() noexcept;

/// Sets what suits the data, as they were read, where `chosen` does not name the setting: what people choose wins, and
/// what goes with it (--patience with --epochs). Returns what was set, for people; empty where nothing was.
[[nodiscard]] std::string apply_recipe(Options& options, const data::Source& source,
                                       const std::set<std::string>& chosen);

}  // namespace ensemble::config
