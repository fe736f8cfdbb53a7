#include "data/csv.hpp"

#include <span>
#include <utility>

#include <fmt/format.h>

#include "data/generator.hpp"
#include "data/numbering.hpp"
#include "data/one_hot.hpp"
#include "data/scales.hpp"
#include "data/targets.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {
namespace {

TargetColumn target_of(Columns& columns) {
    return {.file = columns.file,
            .column = column_name(columns.header, columns.target),
            .words = std::move(columns.words),
            .lines = columns.lines};
}

/// Columns that only number the rows are best left out, and only the user can know.
void note_numberings(const Columns& columns, std::vector<std::string>& notes) {
    constexpr std::size_t most = 5;
    std::vector<std::string> names;
    for (const std::size_t place : columns.places) {
        names.push_back(columns.header.empty() ? std::string{} : columns.header[place]);
    }
    const std::vector<Numbering> found = find_numberings(columns.features, names);
    std::size_t told = 0;
    for (std::size_t i = 0; i < found.size() && told < most; ++i) {
        if (found[i] == Numbering::none) continue;
        ++told;
        const std::size_t place = columns.places[i];
        notes.push_back(fmt::format("{} {}; {} leaves it out", column_name(columns.header, place),
                                    found[i] == Numbering::counts
                                        ? "counts the rows"
                                        : "has a number of its own in every row, as if it named the rows",
                                    ignore_option(columns.header, place)));
    }
}

Table make_table(Columns& columns, const Targets& targets, SharedBytes target_bytes) {
    const Description description{.task = targets.task,
                                  .element = Element::f64,
                                  .shape = {columns.places.size()},
                                  .rows = columns.lines.size(),
                                  .outputs = targets.outputs};
    return {description, share(std::move(columns.features)), std::move(target_bytes)};
}

}  // namespace

TextTables read_text_tables(const TextRequest& request) {
    const ColumnChoice choice{.target = request.target, .ignore = request.ignore, .header = request.header};
    Columns train = read_columns(request.train, choice, nullptr);
    std::optional<Columns> test;
    if (request.test) test = read_columns(*request.test, choice, &train);
    std::string spread = note_one_hot(train);
    const TargetColumn train_target = target_of(train);
    std::optional<TargetColumn> test_target;
    if (test) test_target = target_of(*test);
    Targets targets = make_targets(train_target, test_target ? &*test_target : nullptr, request.task);
    std::vector<std::string> notes = std::move(train.notes);
    note_numberings(train, notes);
    if (!spread.empty()) notes.push_back(std::move(spread));
    if (test) notes.insert(notes.end(), test->notes.begin(), test->notes.end());
    notes.insert(notes.end(), targets.notes.begin(), targets.notes.end());
    Table train_table = make_table(train, targets, targets.train);
    std::optional<Table> test_table;
    if (test) {
        test_table = make_table(*test, targets, *targets.test);
        std::string note = compare_scales_of_columns(train.file, train_table, test->file, *test_table);
        if (!note.empty()) notes.push_back(std::move(note));
    }
    return {std::move(train_table), std::move(test_table), std::move(targets.class_names), std::move(notes)};
}

}  // namespace ensemble::data
