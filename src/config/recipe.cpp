#include "config/recipe.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/ranges.h>

#include "config/settings.hpp"
#include "core/contract.hpp"
#include "core/text.hpp"
#include "data/augmentation.hpp"
#include "data/builtin.hpp"
#include "data/preprocessing.hpp"

namespace ensemble::config {
namespace {

/// Rows that are sequences of steps.
bool has_steps(const Options& options, const data::Source& source) {
    return options.preprocessing.sequence.has_value() || source.train.description().ragged;
}

/// Numbers and words as people have them, learnt row by row.
bool is_table(const Options& options, const data::Source& source) {
    return !source.columns.empty() && !has_steps(options, source) &&
           options.preprocessing.reduction == data::Reduction::none;
}

/// What networks on tables share in the benchmarks of Gorishniy et al. 2022 and 2024 and Holzmüller et al. 2024; the
/// rest was chosen with bench/tables.py --validate.
std::vector<RecipeValue> for_tables(const data::Source& source) {
    constexpr std::size_t few_rows = 2'000;
    const bool is_small = source.train.rows() <= few_rows;
    const bool classifies = source.train.description().task == task::Kind::classification;
    const bool has_numbers = std::ranges::count(source.columns, data::ColumnKind::number, &data::Column::kind) > 0;
    const bool encodes = has_numbers && data::encoding_in_use(data::Encoding::automatic, source) == data::Encoding::ple;
    // On classes a layer for each column gained nothing, and on one set lost.
    const std::string columns = encodes && !classifies ? "columns(12) relu " : "";
    std::vector<RecipeValue> values{{.setting = "net",
                                     .value = columns + (is_small ? "repeat(2)[ dense(128) relu dropout(0.3) ]"
                                                                  : "repeat(3)[ dense(256) relu dropout(0.05) ]")},
                                    {.setting = "optimizer", .value = "adamw"},
                                    {.setting = "weight-decay", .value = "0.0003"},
                                    {.setting = "batch", .value = is_small ? "32" : "256"},
                                    {.setting = "lr", .value = is_small ? "0.001" : "0.002"},
                                    {.setting = "epochs", .value = "200"},
                                    {.setting = "patience", .value = "16"},
                                    {.setting = "validation-fraction", .value = "0.15"}};
    if (encodes) values.push_back({.setting = "vary", .value = "encoding=ple,ple-target"});
    // Of few validation rows, all may be right, which no temperature is low enough for, and weights would be chance.
    if (classifies && !is_small) {
        values.push_back({.setting = "combine", .value = "weighted"});
        values.push_back({.setting = "calibrate", .value = "temperature"});
    }
    return values;
}

std::string table_words(const Options& /*options*/, const data::Source& source) {
    return fmt::format("a table of {}", core::counted(source.train.rows(), "row"));
}

/// Epochs in which so many rows are seen, no fewer than `least` and no more than `most`.
std::string epochs_of(const data::Source& source, std::size_t seen, std::size_t least, std::size_t most) {
    return std::to_string(std::clamp(seen / std::max<std::size_t>(source.train.rows(), 1), least, most));
}

/// Pictures from files, large enough for convolutions; those that are built in have networks of their own.
bool is_images(const Options& options, const data::Source& source) {
    constexpr std::size_t least_side = 12;
    const core::Shape& shape = source.train.shape();
    return source.columns.empty() && !has_steps(options, source) &&
           options.preprocessing.reduction == data::Reduction::none && data::is_image(shape) &&
           std::min(shape[0], shape[1]) >= least_side && data::suitable_network(options.data).empty();
}

/// Convolutions of 3×3 with twice the channels behind each pooling (Simonyan and Zisserman 2015), until some six pixels
/// are left a side; one cycle of the rate (Smith 2018). Chosen on held-out training images of
/// Fashion-MNIST.
std::vector<RecipeValue> for_images(const data::Source& source) {
    constexpr std::size_t least_side = 6;
    constexpr std::size_t most_blocks = 4;
    const core::Shape& shape = source.train.shape();
    std::size_t side = std::min(shape[0], shape[1]);
    std::string net;
    std::size_t channels = 32;
    for (std::size_t block = 0; block < most_blocks && side / 2 >= least_side; ++block, side /= 2, channels *= 2)
        net += fmt::format("conv({}, 3) relu maxpool(2) ", channels);
    return {{.setting = "net", .value = net + "dense(128) relu dropout(0.4)"},
            {.setting = "batch", .value = "64"},
            {.setting = "epochs", .value = epochs_of(source, 400'000, 6, 20)},
            {.setting = "schedule", .value = "one-cycle"},
            {.setting = "lr", .value = "0.003"}};
}

std::string image_words(const Options& /*options*/, const data::Source& source) {
    return fmt::format("{} images of {}", source.train.rows(), source.train.shape().text());
}

bool is_sequences(const Options& options, const data::Source& source) {
    return has_steps(options, source) && options.preprocessing.reduction == data::Reduction::none;
}

/// The fully convolutional network of Wang et al. 2017 (Time series classification from scratch), at half its width.
std::vector<RecipeValue> for_sequences(const data::Source& source) {
    constexpr std::size_t few_rows = 1'000;
    return {
        {.setting = "net",
         .value = "conv1d(64, 8) batchnorm relu conv1d(128, 5) batchnorm relu conv1d(64, 3) batchnorm relu avgpool"},
        {.setting = "batch", .value = source.train.rows() <= few_rows ? "16" : "64"},
        {.setting = "epochs", .value = epochs_of(source, 100'000, 20, 200)},
        {.setting = "schedule", .value = "cosine"}};
}

std::string sequence_words(const Options& options, const data::Source& source) {
    const bool ragged = source.train.description().ragged;
    return fmt::format("{} sequences of {}{} steps", source.train.rows(), ragged ? "up to " : "",
                       ragged ? source.train.shape()[0] : options.preprocessing.sequence->steps);
}

constexpr std::array<Recipe, 3> all_recipes{{
    {.data = "text tables",
     .help =
         "up to 2,000 rows two dense layers of 128 with dropout, else three of 256 with a little, where numbers are\n"
         "learnt behind a layer for each encoded column (columns); AdamW with weight decay; at most 200 epochs,\n"
         "of which the best on a validation share of 0.15 counts (--patience 16); members with both encodings of\n"
         "numbers in turn (--vary); for classes of more rows --combine weighted --calibrate temperature",
     .is_of_one_piece = false,
     .suits = is_table,
     .values = for_tables,
     .words = table_words},
    {.data = "images",
     .help = "of files, from 12×12 on: layers of 3×3 convolutions, each with twice the channels of the one before,\n"
             "and pooling until some six pixels are left, and a dense one with dropout; one cycle of the rate;\n"
             "nothing beside another --net",
     .is_of_one_piece = true,
     .suits = is_images,
     .values = for_images,
     .words = image_words},
    {.data = "sequences",
     .help = "of different lengths, or of --sequence: three convolutions along the steps, normalised, and their\n"
             "mean over the steps; a rate that falls like a cosine; nothing beside another --net",
     .is_of_one_piece = true,
     .suits = is_sequences,
     .values = for_sequences,
     .words = sequence_words},
}};

/// Settings that are left alone once another is chosen: it would mean something else beside them.
struct Bond {
    std::string_view chosen;
    std::string_view leaves;
};
constexpr std::array<Bond, 20> bonds{{{"epochs", "patience"},
                                      {"patience", "epochs"},
                                      {"snapshots", "epochs"},
                                      {"snapshots", "patience"},
                                      {"snapshots", "vary"},
                                      {"snapshots", "batch"},
                                      {"weight-average", "patience"},
                                      {"weight-average", "epochs"},
                                      {"schedule", "patience"},
                                      {"schedule", "epochs"},
                                      {"schedule", "lr"},
                                      {"init", "lr"},
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
    if (recipe == all_recipes.end() || (recipe->is_of_one_piece && chosen.contains("net"))) return {};
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
    return fmt::format("chosen for {}: {}; any of them can be given, and --recipe none leaves them all out",
                       recipe->words(options, source), fmt::join(made, " "));
}

}  // namespace ensemble::config
