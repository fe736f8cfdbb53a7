#include "config/recipe.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/ranges.h>

#include "config/settings.hpp"
#include "core/contract.hpp"

namespace ensemble::config {
namespace {

/// Numbers and words as people have them, learnt row by row.
bool is_table(const Options& options, const data::Source& source) {
    const data::Preprocessing& wanted = options.preprocessing;
    return !source.columns.empty() && !wanted.sequence && wanted.reduction == data::Reduction::none;
}

/// What networks on tables share in the benchmarks of Gorishniy et al. 2022 and 2024 and Holzmüller et al. 2024; width
/// and batch by rows were chosen with bench/tables.py --validate.
std::vector<RecipeValue> for_tables(std::size_t rows) {
    struct Size {
        std::size_t rows;
        int width;
        int batch;
    };
    constexpr std::array sizes{Size{2'000, 64, 32}, Size{6'000, 128, 64}, Size{20'000, 256, 128},
                               Size{static_cast<std::size_t>(-1), 256, 256}};
    const Size& size = *std::ranges::find_if(sizes, [&](const Size& each) { return rows <= each.rows; });
    return {{.setting = "net", .value = fmt::format("repeat(3)[ dense({}) relu dropout(0.1) ]", size.width)},
            {.setting = "batch", .value = std::to_string(size.batch)},
            {.setting = "optimizer", .value = "adamw"},
            {.setting = "weight-decay", .value = "0.0003"},
            {.setting = "epochs", .value = "200"},
            {.setting = "patience", .value = "16"},
            {.setting = "calibrate", .value = "temperature"}};
}

constexpr std::array<Recipe, 1> all_recipes{{
    {.name = "tables", .data = "text tables", .suits = is_table, .values = for_tables},
}};

/// Settings that are left alone once another is chosen: it would mean something else beside them.
struct Bond {
    std::string_view chosen;
    std::string_view leaves;
};
constexpr std::array<Bond, 12> bonds{{{"epochs", "patience"},
                                      {"patience", "epochs"},
                                      {"snapshots", "epochs"},
                                      {"snapshots", "patience"},
                                      {"weight-average", "patience"},
                                      {"optimizer", "weight-decay"},
                                      {"schedule", "patience"},
                                      {"schedule", "epochs"},
                                      {"snapshots", "batch"},
                                      {"lr", "weight-decay"},
                                      {"stop-when", "patience"},
                                      {"label-smoothing", "calibrate"}}};

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
    std::vector<std::string> made;
    for (const auto& [name, value] : recipe->values(source.train.rows())) {
        const Setting* const setting = find_setting(name);
        core::require(setting != nullptr, "recipes use the names of settings");
        const bool is_of_classes = name == "calibrate";
        const bool has_classes = source.train.description().task == task::Kind::classification;
        if (is_left_alone(name, settled) || (is_of_classes && !has_classes)) continue;
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
