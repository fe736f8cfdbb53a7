#include "config/help.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "analysis/combination.hpp"
#include "config/named_configurations.hpp"
#include "config/recipe.hpp"
#include "data/formats.hpp"
#include "model/network.hpp"
#include "task/task.hpp"

namespace ensemble::config {
namespace {

constexpr std::string_view preparation =
    "\nWhat is done to them:\n"
    "  --target       4 is the column named 4, if the header has that name, else the fourth; so with --ignore, "
    "where\n"
    "                 names with commas stand in double quotes; several columns are numbers to be learnt together\n"
    "  --header       auto: the first line is held against the lines below, and what could be either is refused\n"
    "  --task         without it, classification if the target has words or few whole numbers (at most 20 "
    "different\n"
    "                 ones, each twice on average, or 100 that are about as frequent as each other), else regression\n"
    "  --categorical  a column of words is one anyway: each level that is frequent in training becomes a feature, "
    "rare\n"
    "                 ones share one, with those that training rows do not have\n"
    "  --use          columns are left out, with a note, where they hold one value alone, number the rows and are "
    "called\n"
    "                 so (Id, index, …), or have a word of its own in nearly every row\n"
    "  --missing      indicate: the mean of the training rows, and a feature that says so; of categories, a level; "
    "mean:\n"
    "                 without that feature; refuse: such a table is an error\n"
    "  --weight       the loss in training and the validation loss that --patience looks at are means weighted by it,\n"
    "                 scaled to mean 1 over the training rows; preprocessing, --init rbm, --bootstrap, how members "
    "are\n"
    "                 combined, and all scores of validation and test rows count each row once\n"
    "  --class-weight balanced: rows of a class weigh n / (classes · rows of the class) over the training rows, as in\n"
    "                 scikit-learn, times their --weight; like that, in training and the validation loss alone\n"
    "  --stratify     each class has its share of each part, rounded to a row down or up by chance (by --seed), also\n"
    "                 with --train-limit; one of a single row stays in training\n"
    "  --group        parts are then filled group by group, shares of rows and of classes as near as groups allow;\n"
    "                 a bootstrap sample draws single rows, so that out-of-bag scores know the groups of their rows;\n"
    "                 confidence intervals and tests take rows for independent, which those of a group are not: the\n"
    "                 ones are too narrow, the others too sure; conformal sets and intervals guarantee nothing\n"
    "  --encoding     plain: numbers alone; ple: with a piecewise-linear encoding (Gorishniy et al. 2022), in bins of "
    "as\n"
    "                 many training rows each; ple-target: in those of a tree that predicts the target from the "
    "column;\n"
    "                 auto: ple for text tables of up to 128 numbers, which --reduce and --sequence leave plain\n"
    "  --standardize  over the training rows: each feature by itself (features), each place on the last axis\n"
    "                 (channels; the features of a sequence), or all together (all); robust: each number of a text "
    "table\n"
    "                 by its median and quartiles, drawn in to ±3; auto: robust for text tables, channels for .npy\n"
    "                 files, none for built-in data and images of bytes, which are seen as 0 to 1\n"
    "  --augment      anew in every epoch, each part uniform up to its strength: shift by pixels, rotate by "
    "degrees,\n"
    "                 scale by a share of width and of height, elastic by a smooth field of at most so many "
    "pixels;\n"
    "                 flip mirrors that share of the images, left to right\n"
    "  --folds        every row that is not for testing is held out by one member in K: predictions/validation/ has "
    "of\n"
    "                 each member the rows it was not trained on, and NaN elsewhere; results pool them as "
    "out_of_fold.\n"
    "                 Features and targets are standardised over all of these rows; --patience chooses its epoch on "
    "the\n"
    "                 part that is held out\n"
    "  --tta          the copies are distorted by as much as in training; validation sees each image once\n";

constexpr std::string_view members =
    "\nWhat else they are tried on:\n"
    "  --shift        values go by commas, or LOW..HIGH: in steps of LOW where twelve or fewer end at HIGH, else six.\n"
    "                 Of images: rotate by degrees, shift by pixels in a direction of each row's own, noise; of "
    "others:\n"
    "                 shift and noise; noise, and what other features grow by, in standard deviations of the training "
    "rows\n"
    "  --ood          built-in data and directories: their test rows; a .npy or .npz: its features; a text table: "
    "columns\n"
    "                 as those of --data, whose target counts for nothing; all prepared as the training rows were\n"
    "\nHow members differ, beside their random numbers:\n"
    "  --net          several: members 0, 1, 2 … take them in turn\n"
    "  --vary         lr=0.01,0.001 in turn; lr=1e-4..1e-2 drawn for each member, rates uniform in their "
    "logarithm;\n"
    "                 a value with commas stands in double quotes; any setting of a member, such as init, epochs, "
    "batch,\n"
    "                 optimizer, weight-decay, augment, bootstrap, feature-fraction; with several --vary or --net\n"
    "                 members go through all combinations, networks turning fastest, then the first --vary;\n"
    "                 with --folds K each combination has K members, one for each part; what presets bring holds for "
    "all\n"
    "  --snapshots    all members of a run have one network, the same settings, and with --bootstrap and\n"
    "                 --feature-fraction the same rows and features; --patience and --weight-average count in each "
    "cycle\n"
    "                 by itself, and what predicts at its end is where the next one begins\n"
    "  --stop-when    the last member's gain on the validation rows, which the next one's is not larger than, with a\n"
    "                 bound that it is below with a confidence of 95 %: of classes in the log loss (nats), since "
    "accuracy\n"
    "                 counts the few rows that change; of numbers in the RMSE, in the target's unit. First seen of\n"
    "                 four members; with --snapshots a run is looked at as one, with several --net or --vary all\n"
    "                 their combinations. Members behind the last one that is needed are dropped, whoever has\n"
    "                 begun them\n"
    "  --adversarial  by the sign of the gradient, times EPS and the range of the feature over the training rows; the "
    "loss\n"
    "                 is the mean over both, which takes about twice as long\n"
    "\nExample: mpirun -np 4 ensemble_train --data digits --members 8 --net 'dense(256) relu dropout(0.3)'\n";

/// "  name           what it holds", further lines below the first.
std::string entry_text(std::string_view name, std::string_view lines) {
    std::string text;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        text += fmt::format("  {:<15} {}\n", name, line);
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        name = "";
    }
    return text;
}

std::string formats_text() {
    std::string text = "\nData for --data:\n";
    for (const data::Format& format : data::formats()) text += entry_text(format.name, format.help);
    return text;
}

std::string recipes_text() {
    std::string text =
        "\nWhat is chosen where nobody does, and told in a note, by the kind of data (--recipe none: nothing):\n";
    for (const Recipe& recipe : recipes()) text += entry_text(recipe.data, recipe.help);
    return text;
}

std::string presets_text() {
    std::string text = "Presets for --net:\n";
    for (const model::Preset& preset : model::presets()) {
        text += fmt::format("  {:<14} {}\n  {:<14} {}\n", preset.name, preset.purpose, "", preset.text);
        std::string brings;
        for (const auto& [option, value] : preset.settings) brings += fmt::format(" --{} {}", option, value);
        if (!brings.empty()) text += fmt::format("  {:<14} unless given otherwise:{}\n", "", brings);
    }
    return text;
}

std::string configurations_text() {
    std::string text;
    for (const NamedConfiguration& each : named_configurations())
        text += fmt::format("  {:<16} {}\n", each.name, each.purpose);
    return text.empty() ? "" : "Configurations for --config, which other options may change:\n" + text + "\n";
}

}  // namespace

std::string help_footer() {
    std::string text = configurations_text() + presets_text();
    const auto list = [&](std::string_view title, const auto& entries, const auto& name_of) {
        text += fmt::format("\n{}:\n", title);
        for (const auto& entry : entries) text += fmt::format("  {:<14} {}\n", name_of(entry), entry.text);
    };
    list("What is learnt, for --loss", task::tasks(), [](const task::Task& task) { return task.loss_name; });
    list("How members become one prediction, for --combine", analysis::combinations(),
         [](const analysis::Combination& combination) { return combination.name; });
    text += formats_text();
    return text.append(preparation).append(recipes_text()).append(members);
}

}  // namespace ensemble::config
