#include "config/recipe.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/ranges.h>

#include "config/settings.hpp"
#include "core/contract.hpp"
#include "data/preprocessing.hpp"

namespace ensemble::config {
namespace {

/// Numbers and words as people have them, learnt row by row.
bool is_table(const Options& options, const data::Source& source) {
    const data::Preprocessing& wanted = options.preprocessing;
    return !source.columns.empty() && !wanted.sequence && wanted.reduction == data::Reduction::none;
}

/// What networks on tables share in the benchmarks of Gorishniy et al. 2022 and 2024 and Holzmüller et al. 2024; the
/// rest was chosen with bench/tables.py --validate.
std::vector<RecipeValue> for_tables(const data::Source& source) {
    constexpr std::size_t few_rows = 2'000;
    const bool is_small = source.train.rows() <= few_rows;
    std::vector<RecipeValue> values{{.setting = "net",
                                     .value = is_small ? "repeat(2)[ dense(128) relu dropout(0.3) ]"
                                                       : "repeat(3)[ dense(256) relu dropout(0.05) ]"},
                                    {.setting = "optimizer", .value = "adamw"},
                                    {.setting = "weight-decay", .value = "0.0003"},
                                    {.setting = "batch", .value = is_small ? "32" : "256"},
                                    {.setting = "lr", .value = is_small ? "0.001" : "0.002"},
                                    {.setting = "epochs", .value = "200"},
                                    {.setting = "patience", .value = "16"},
                                    {.setting = "validation-fraction", .value = "0.15"}};
    const bool has_numbers = std::ranges::count(source.columns, data::ColumnKind::number, &data::Column::kind) > 0;
    if (has_numbers && data::encoding_in_use(data::Encoding::automatic, source) == data::Encoding::ple)
        values.push_back({.setting = "vary", .value = "encoding=ple,ple-target"});
    // Of few validation rows, all may be right, which no temperature is low enough for.
    if (source.train.description().task == task::Kind::classification && !is_small)
        values.push_back({.setting = "calibrate", .value = "temperature"});
    return values;
}

constexpr std::array<Recipe, 1> all_recipes{{
    {.name = "tables", .data = "text tables", .suits = is_table, .values = for_tables},
}};

/// Settings that are left alone once another is chosen: it would mean something else beside them.
struct Bond {
    std::string_view chosen;
    std::string_view leaves;
};
constexpr std::array<Bond, 18> bonds{{{"epochs", "patience"},
                                      {"patience", "epochs"},
                                      {"snapshots", "epochs"},
                                      {"snapshots", "patience"},
                                      {"snapshots", "vary"},
                                      {"snapshots", "batch"},
                                      {"weight-average", "patience"},
                                      {"weight-average", "epochs"},
                                      {"schedule", "patience"},
                                      {"schedule", "epochs"},
                                      {"optimizer", "weight-decay"},
                                      {"optimizer", "lr"},
                                      {"batch", "lr"},
                                      {"net", "lr"},
                                      {"folds", "validation-fraction"},
                                      {"encoding", "vary"},
                                      {"standardize", "vary"},
                                      {"combine", "calibrate"}}};

bool is_left_alone(std::string_view setting, const std::set<std::string>& chosen) {
    const auto leaves = [&](const Bond& bond) {
        return bond.leaves == setting && chosen.contains(std::string(bond.chosen));
    };
    return chosen.contains(std::string(setting)) || std::ranges::any_of(bonds, leaves);
}

}  // namespace

std::span<const Recipe> recipes() noexcept {
    return all_recipes;
}

std::string apply_recipe(Options& options, const data::Source& source, const std::set<std::string>& chosen) {
    if (!options.recipe) return {};
    const auto* const recipe =
        std::ranges::find_if(all_recipes, [&](const Recipe& each) { return each.suits(options, source); });
    if (recipe == all_recipes.end()) return {};
    std::set<std::string> settled = chosen;
    if (options.training.epochs == 0) settled.erase("epochs");  // auto: as many as suit
    for (const Variation& variation : options.variations) settled.insert(variation.setting);
    if (!options.variations.empty()) settled.insert("vary");
    std::vector<std::string> made;
    for (const auto& [name, value] : recipe->values(source)) {
        const Setting* const setting = find_setting(name);
        core::require(setting != nullptr, "recipes use the names of settings");
        if (is_left_alone(name, settled)) continue;
        if (setting->is_list()) setting->clear(options);
        setting->set(options, value);
        made.push_back(fmt::format("--{} {}", name, value.find(' ') == std::string::npos ? value : '"' + value + '"'));
    }
    if (made.empty()) return {};
    return fmt::format(
        "chosen for a table of {} rows: {}; any of them can be given, and --recipe none leaves them all out",
        source.train.rows(), fmt::join(made, " "));
}

}  // namespace ensemble::config
