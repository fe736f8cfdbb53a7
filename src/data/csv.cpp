#include "data/csv.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "data/field.hpp"
#include "data/generator.hpp"
#include "data/one_hot.hpp"
#include "data/row_extras.hpp"
#include "data/scales.hpp"
#include "data/targets.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {
namespace {

/// For people and files. Names that several of the columns have get their numbers.
std::vector<std::string> names_of_targets(const Columns& columns) {
    const auto name = [&](std::size_t place) { return columns.header.empty() ? std::string{} : columns.header[place]; };
    std::vector<std::string> names;
    for (const std::size_t place : columns.targets) {
        const bool is_shared = std::ranges::count(columns.targets, name(place), name) > 1;
        if (name(place).empty()) {
            names.push_back(fmt::format("column {}", place + 1));
        } else {
            names.push_back(core::printable(is_shared ? column_name(columns.header, place) : name(place)));
        }
    }
    return names;
}

/// "column 3" where the file does not say, or says the same of another one.
std::vector<Column> named_columns(const Columns& columns) {
    const auto name = [&](std::size_t place) { return columns.header.empty() ? std::string{} : columns.header[place]; };
    std::vector<Column> named = columns.schema;
    for (std::size_t i = 0; i < named.size(); ++i) {
        const std::size_t place = columns.places[i];
        const bool is_own = !name(place).empty() && std::ranges::count(columns.places, name(place), name) == 1;
        named[i].name = is_own ? core::printable(name(place)) : fmt::format("column {}", place + 1);
    }
    return named;
}

/// Of the test rows: levels that no training row can have.
void note_unknown(const Columns& test, const std::vector<Column>& columns, const std::string& train,
                  std::vector<std::string>& notes) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (test.unknown[i] == 0) continue;
        notes.push_back(fmt::format("{}: {} row{} a level of '{}' that {} does not have", test.file, test.unknown[i],
                                    test.unknown[i] == 1 ? " has" : "s have", columns[i].name, train));
    }
}

void refuse_several_classes(const Columns& columns, const TextRequest& request) {
    if (columns.targets.size() == 1 || request.task != task::Kind::classification) return;
    core::fail(core::Failure::usage,
               "--target {}: several columns are learnt as numbers (regression), and --task classification needs one "
               "column of classes; name one, or leave out --task",
               excerpt(request.target));
}

Table make_table(Columns& columns, const Targets& targets, SharedBytes target_bytes, GroupNumbers& groups) {
    const Description description{.task = targets.task,
                                  .element = Element::f64,
                                  .shape = {columns.places.size()},
                                  .rows = columns.lines.size(),
                                  .outputs = targets.outputs};
    return Table(description, share(std::move(columns.features)), std::move(target_bytes))
        .with(extras_of(columns, groups));
}

}  // namespace

ColumnChoice choice_of(const TextRequest& request) {
    return {.target = request.target,
            .ignore = request.ignore,
            .categorical = request.categorical,
            .use = request.use,
            .weight = request.weight,
            .group = request.group,
            .header = request.header,
            .missing = request.missing};
}

std::vector<TargetColumn> targets_of(Columns& columns) {
    std::vector<TargetColumn> targets;
    for (std::size_t i = 0; i < columns.targets.size(); ++i) {
        targets.push_back({.file = columns.file,
                           .column = column_name(columns.header, columns.targets[i]),
                           .words = std::move(columns.words[i]),
                           .lines = columns.lines});
    }
    return targets;
}

TextTables read_text_tables(const TextRequest& request) {
    const ColumnChoice choice = choice_of(request);
    Columns train = read_columns(request.train, choice, nullptr);
    std::optional<Columns> test;
    if (request.test) test = read_columns(*request.test, choice, &train);
    refuse_several_classes(train, request);
    std::string spread = note_one_hot(train);
    std::vector<std::string> target_names = names_of_targets(train);
    std::vector<Column> columns = named_columns(train);
    const std::vector<TargetColumn> train_targets = targets_of(train);
    const std::vector<TargetColumn> test_targets = test ? targets_of(*test) : std::vector<TargetColumn>{};
    Targets targets = make_targets(train_targets, test_targets, request.task);
    std::vector<std::string> notes = std::move(train.notes);
    if (!spread.empty()) notes.push_back(std::move(spread));
    if (test) notes.insert(notes.end(), test->notes.begin(), test->notes.end());
    notes.insert(notes.end(), targets.notes.begin(), targets.notes.end());
    require_some_weight(train);
    GroupNumbers groups;
    Table train_table = make_table(train, targets, targets.train, groups);
    std::optional<Table> test_table;
    if (test) {
        test_table = make_table(*test, targets, *targets.test, groups);
        if (std::string note = note_shared_groups(train, *test); !note.empty()) notes.push_back(std::move(note));
        note_unknown(*test, columns, train.file, notes);
        std::string note = compare_scales_of_columns(train.file, train_table, test->file, *test_table);
        if (!note.empty()) notes.push_back(std::move(note));
    }
    return {.train = std::move(train_table),
            .test = std::move(test_table),
            .class_names = std::move(targets.class_names),
            .target_names = std::move(target_names),
            .weight_name = name_of_column(train, train.weight),
            .group_name = name_of_column(train, train.group),
            .columns = std::move(columns),
            .notes = std::move(notes)};
}

TextFeatures read_text_features(const std::filesystem::path& path, const TextRequest& like) {
    const ColumnChoice choice = choice_of(like);
    const Columns train = read_columns(like.train, choice, nullptr);
    Columns own = read_columns(path, choice, &train);
    return {.columns = own.places.size(), .values = std::move(own.features)};
}

}  // namespace ensemble::data
