#include "config/data_settings.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string_view>

#include "config/parse_data.hpp"
#include "config/setting_kinds.hpp"
#include "data/column_choice.hpp"

namespace ensemble::config {
namespace {

constexpr std::uint64_t most_rows = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t most_folds = 1000;

bool distorts(const Options& o) {
    return o.augmentation.any();
}

Caption data(std::string name, std::string type, std::string help, Role role = Role::shared) {
    return {.name = std::move(name), .group = "Data", .type = std::move(type), .help = std::move(help), .role = role};
}

std::vector<Setting> where_data_are() {
    return {
        text(
            data("data", "WHAT", "built-in data or a path, see below", Role::location),
            [](auto& o) -> auto& { return o.data; }, "the name or path of the data"),
        text(
            data("target", "WHICH",
                 "a table's column to be learnt, its name or else its number from 1 (the last); several: y,z; or a "
                 ".npy, or an array of a .npz",
                 Role::location),
            [](auto& o) -> auto& { return o.target; }, "the target"),
        choice(
            data("header", "NAME", "does the first line of tables name the columns: "),
            [](auto& o) -> auto& { return o.header; }, " (auto)"),
        text(
            data("ignore", "COLUMNS", "columns of tables to leave out: names, or else numbers, such as Id,Date or 1,4"),
            [](auto& o) -> auto& { return o.ignore; }, "which columns to leave out",
            [](std::string_view columns) { static_cast<void>(data::parse_columns(columns)); }),
        text(
            data("categorical", "COLUMNS", "columns of tables whose numbers are names of levels; words are anyway"),
            [](auto& o) -> auto& { return o.categorical; }, "which columns are categories",
            [](std::string_view columns) { static_cast<void>(data::parse_columns(columns)); }),
        text(
            data("use", "COLUMNS", "columns of tables that are learnt from although they seem to number the rows"),
            [](auto& o) -> auto& { return o.use; }, "which columns to use",
            [](std::string_view columns) { static_cast<void>(data::parse_columns(columns)); }),
        text(
            data("weight", "COLUMN",
                 "column of tables with the weights of rows in training, no feature: numbers of at least 0, see below"),
            [](auto& o) -> auto& { return o.weight; }, "the column of weights",
            [](std::string_view column) { static_cast<void>(data::parse_columns(column)); }),
        choice(
            {.name = "class-weight",
             .group = "Data",
             .type = "NAME",
             .help = "what rows weigh in training by their class: ",
             .belongs_to = "--task classification",
             .role = Role::member},
            [](auto& o) -> auto& { return o.training.class_weight; }, " (none), see below",
            [](const Options& o) { return o.task != task::Kind::regression; }),
        text(
            data("group", "COLUMN",
                 "column of tables, no feature, whose values group rows: those of one group lie in one part (testing, "
                 "validation, training, a fold)"),
            [](auto& o) -> auto& { return o.group; }, "the column of groups",
            [](std::string_view column) { static_cast<void>(data::parse_columns(column)); }),
        choice(
            data("missing", "NAME", "where tables have no value (empty, ?, NA, …): "),
            [](auto& o) -> auto& { return o.missing; }, " (indicate), see below"),
        text(
            data("test", "FILE", "test rows, of the same kind as --data", Role::location),
            [](auto& o) -> auto& { return o.test; }, "the file of the test rows"),
        text(
            data("test-target", "FILE", "targets of the test rows, where --test is a .npy", Role::location),
            [](auto& o) -> auto& { return o.test_target; }, "the file of the test rows' targets"),
        choice(
            data("task", "NAME", ""), [](auto& o) -> auto& { return o.task; }, " (by the target, see below)"),
    };
}

/// Steps and features, or what else may be the name or number of a column.
void set_sequence(Options& options, std::string_view given) {
    const bool are_extents = !given.starts_with('x') && given.find('x') != std::string_view::npos &&
                             given.find_first_not_of("0123456789x") == std::string_view::npos;
    options.preprocessing.sequence_column = are_extents ? "" : given;
    options.preprocessing.sequence = are_extents ? std::optional(parse_sequence(given)) : std::nullopt;
}

std::optional<Value> sequence_of(const Options& options) {
    const data::Preprocessing& preprocessing = options.preprocessing;
    if (!preprocessing.sequence_column.empty()) return preprocessing.sequence_column;
    return preprocessing.sequence ? std::optional<Value>(text_of_sequence(*preprocessing.sequence)) : std::nullopt;
}

std::vector<Setting> what_is_done_to_them() {
    return {
        setting_of(
            data("image-size", "HxW", "pictures in folders: bring them to this height and width (as they are)"),
            Notation{}, [](Options& o, std::string_view given) { o.image_size = parse_image_size(given); },
            [](const Options& o) {
                return o.image_size ? std::optional<Value>(text_of_image_size(*o.image_size)) : std::nullopt;
            }),
        setting_of(
            data("sequence", "TxF|COLUMN",
                 "rows are T steps of F features, one after the other; or each row is a step of a sequence that this "
                 "column tells from the next"),
            Notation{}, set_sequence, sequence_of),
        choice(
            data("standardize", "NAME", "give features mean 0 and deviation 1: "),
            [](auto& o) -> auto& { return o.preprocessing.standardize; }, ", see below"),
        choice(
            data("encoding", "NAME", "how numbers of tables are seen: ", Role::member),
            [](auto& o) -> auto& { return o.encoding; }, ", see below"),
        setting_of(
            {.name = "reduce",
             .group = "Data",
             .type = "HOW",
             .help = "fewer features: pca:K principal components, variance:K that vary most, or none",
             .former = "features",
             .role = Role::shared},
            Notation{}, [](Options& o, std::string_view given) { parse_reduction(o.preprocessing, given); },
            [](const Options& o) { return text_of_reduction(o.preprocessing); }),
        setting_of(
            data("augment", "HOW", "distort training images, such as shift:2,rotate:10,scale:0.1,elastic:3, see below",
                 Role::member),
            Notation{}, [](Options& o, std::string_view given) { o.augmentation = parse_augmentation(given); },
            [](const Options& o) { return text_of_augmentation(o.augmentation); }),
        whole_number(
            {.name = "tta",
             .group = "Data",
             .type = "N",
             .help = "test-time augmentation: predict a test image as the mean over itself and N - 1 copies "
                     "distorted likewise (1)",
             .belongs_to = "--augment",
             .former = "test-views",
             .role = Role::ensemble},
            [](auto& o) -> auto& { return o.test_views; }, {1, 1000}, distorts),
    };
}

std::vector<Setting> how_rows_are_split() {
    return {
        number(data("test-fraction", "SHARE", "share of the rows kept for testing (the data's own test set, else 0.2)"),
               [](auto& o) -> auto& { return o.test_fraction; }, {inner_share, "0.2"}),
        number(
            {.name = "validation-fraction",
             .group = "Data",
             .type = "SHARE",
             .help = fmt::format("share of the other rows kept for validation ({})", Options{}.validation_fraction),
             .belongs_to = "runs without --folds",
             .role = Role::shared},
            [](auto& o) -> auto& { return o.validation_fraction; }, {inner_share, "0.1"},
            [](const Options& o) { return o.folds == 0; }),
        whole_number(
            data("folds", "K",
                 "cut the rows that are not for testing into K parts: member i is trained on all but part i mod K, "
                 "which are its validation rows"),
            [](auto& o) -> auto& { return o.folds; }, {2, most_folds}, [](const Options& o) { return o.folds > 0; }),
        setting_of(
            data(
                "stratify", "",
                "of classes, keep their shares in all parts of the rows; --no-stratify: parts are drawn without a look "
                "at them (on)"),
            Toggle{}, [](Options& o, std::string_view given) { o.stratify = parse_toggle(given); },
            [](const Options& o) { return o.stratify ? std::optional<Value>(*o.stratify) : std::nullopt; }),
        whole_number(
            data("train-limit", "N", "train on the first N rows after the seeded shuffle (all)"),
            [](auto& o) -> auto& { return o.train_limit; }, {1, most_rows},
            [](const Options& o) { return o.train_limit > 0; }),
    };
}

}  // namespace

std::vector<Setting> data_settings() {
    std::vector<Setting> all = where_data_are();
    for (auto part : {what_is_done_to_them(), how_rows_are_split()}) std::ranges::move(part, std::back_inserter(all));
    return all;
}

}  // namespace ensemble::config
