#include "data/targets.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/class_names.hpp"
#include "data/decimal.hpp"
#include "data/field.hpp"
#include "data/generator.hpp"
#include "data/number.hpp"
#include "data/single_precision.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

constexpr std::size_t most_inferred_classes = 100;
constexpr std::size_t few_classes = 20;
constexpr std::size_t fewest_rows_to_tell = 20;
constexpr std::string_view not_a_number = "is not a number";

/// The different words of a column, in the order in which they come, and where they stand.
struct Vocabulary {
    std::vector<std::string_view> words;
    std::vector<std::size_t> first_rows;
    std::vector<std::size_t> counts;
    std::vector<std::uint32_t> of_row;  ///< index of the word in each row
};

Vocabulary vocabulary_of(const TargetColumn& column) {
    Vocabulary made;
    std::unordered_map<std::string_view, std::uint32_t> known;
    made.of_row.reserve(column.words.size());
    for (std::size_t row = 0; row < column.words.size(); ++row) {
        const auto next = static_cast<std::uint32_t>(made.words.size());
        const auto [at, is_new] = known.try_emplace(column.words[row], next);
        if (is_new) {
            made.words.emplace_back(column.words[row]);
            made.first_rows.push_back(row);
            made.counts.push_back(0);
        }
        ++made.counts[at->second];
        made.of_row.push_back(at->second);
    }
    return made;
}

/// A column under examination.
struct Examined {
    const TargetColumn& given;
    Vocabulary vocabulary;

    explicit Examined(const TargetColumn& column) : given(column), vocabulary(vocabulary_of(column)) {}

    [[nodiscard]] std::string place(std::size_t row) const {
        std::string text = given.lines.empty() ? fmt::format("{}, row {}", given.file, row)
                                               : fmt::format("{}, line {}", given.file, given.lines[row]);
        return given.column.empty() ? text : fmt::format("{}, {}", text, given.column);
    }

    [[nodiscard]] std::string whole() const {
        return given.column.empty() ? given.file : fmt::format("{}, {}", given.file, given.column);
    }
};

/// Classes that are called + and - have no gaps of that spelling.
void refuse_gaps(const Examined& column, bool may_be_class) {
    const std::vector<std::string_view>& words = column.vocabulary.words;
    const bool has_plus = std::ranges::find(words, "+") != words.end();
    std::optional<std::size_t> first;  // the words are in the order in which they come
    std::size_t rows = 0;
    bool has_names = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!is_gap(words[i]) || (has_plus && words[i] == "-")) {
            has_names = has_names || !parse_number(words[i]);
            continue;
        }
        if (!first) first = i;
        rows += column.vocabulary.counts[i];
    }
    if (!first) return;
    const std::string_view word = words[*first];
    const std::size_t more = rows - 1;
    fail(Failure::data, "{}: the target is missing{}{}; fill it in or remove the row{}",
         column.place(column.vocabulary.first_rows[*first]), word.empty() ? "" : fmt::format(" ('{}')", word),
         more == 0 ? "" : fmt::format(", and in {} more row{}", more, more == 1 ? "" : "s"),
         may_be_class && has_names && !word.empty() ? "; if it is a class, give it another name" : "");
}

/// What is odd about a word that should be a number, else `otherwise`.
std::string cure(std::string_view word, std::string_view otherwise) {
    std::string advice = advice_on_number(word);
    return advice.empty() ? std::string(otherwise) : advice;
}

/// Classes come about as often as each other; of what is counted or measured, some numbers are rare.
bool are_even(const Vocabulary& vocabulary) {
    constexpr std::size_t rarely = 10;  // than classes on average
    const std::size_t least = *std::ranges::min_element(vocabulary.counts);
    return rarely * least * vocabulary.words.size() >= vocabulary.of_row.size();
}

task::Kind infer_task(const Examined& train, const Examined* test) {
    const Vocabulary& vocabulary = train.vocabulary;
    const std::size_t rows = vocabulary.of_row.size() + (test == nullptr ? 0 : test->vocabulary.of_row.size());
    std::size_t numbers = 0;
    const std::size_t* first_word = nullptr;
    for (std::size_t i = 0; i < vocabulary.words.size(); ++i) {
        if (parse_number(vocabulary.words[i])) {
            numbers += vocabulary.counts[i];
        } else if (first_word == nullptr) {
            first_word = &vocabulary.first_rows[i];
        }
    }
    if (first_word == nullptr) {
        if (!std::ranges::all_of(vocabulary.words, is_class_number)) return task::Kind::regression;
        std::set<Decimal> different;
        for (const std::string_view word : vocabulary.words) {
            different.insert(*Decimal::parse(word));
            if (different.size() > most_inferred_classes) return task::Kind::regression;
        }
        const bool recur = 2 * different.size() <= rows;
        return recur && (different.size() <= few_classes || are_even(vocabulary)) ? task::Kind::classification
                                                                                  : task::Kind::regression;
    }
    if (2 * numbers > vocabulary.of_row.size()) {
        const std::string_view word = train.given.words[*first_word];
        fail(Failure::data, "{}: '{}' {}, but most targets are; {}, or insist with --task classification",
             train.place(*first_word), excerpt(word), not_a_number, cure(word, "put it right"));
    }
    const std::size_t different = vocabulary.words.size();
    if (rows >= fewest_rows_to_tell && 2 * different > rows) {
        const std::string_view word = train.given.words[*first_word];
        if (const std::string advice = advice_on_number(word); !advice.empty()) {
            fail(Failure::data, "{}: '{}' {}; {}, or make each word a class with --task classification",
                 train.place(*first_word), excerpt(word), not_a_number, advice);
        }
        fail(Failure::data,
             "{}: {} different words in {} rows are too many for classes; name another column with --target, or insist "
             "with --task classification",
             train.whole(), different, rows);
    }
    return task::Kind::classification;
}

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 10;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, names.size()); ++i) text += (i > 0 ? ", " : "") + excerpt(names[i]);
    return names.size() > shown ? fmt::format("{} and {} more", text, names.size() - shown) : text;
}

/// The number of its class for every row. Throws for a word that `classes` lacks.
SharedBytes label(const Examined& column, const ClassNames& classes, const Examined& train) {
    std::vector<std::int32_t> label_of;
    for (std::size_t i = 0; i < column.vocabulary.words.size(); ++i) {
        const auto found = classes.find(column.vocabulary.words[i]);
        if (!found) {
            fail(Failure::data, "{}: class '{}' does not occur in {}, which has {}",
                 column.place(column.vocabulary.first_rows[i]), excerpt(column.vocabulary.words[i]), train.given.file,
                 listed(classes.names()));
        }
        label_of.push_back(static_cast<std::int32_t>(*found));
    }
    core::Buffer<std::int32_t> labels(column.vocabulary.of_row.size());
    for (std::size_t row = 0; row < labels.size(); ++row) labels[row] = label_of[column.vocabulary.of_row[row]];
    return share(std::move(labels));
}

void classify(Targets& targets, const Examined& train, const Examined* test) {
    const ClassNames classes(train.vocabulary.words);
    if (classes.names().size() < 2) {
        fail(Failure::data, "{}: every row has the class '{}'; there is nothing to tell apart", train.whole(),
             excerpt(classes.names().front()));
    }
    targets.outputs = classes.names().size();
    targets.train = label(train, classes, train);
    if (test != nullptr) targets.test = label(*test, classes, train);
    targets.class_names = classes.names();
    if (const auto alike = classes.alike()) {
        targets.notes.push_back(fmt::format(
            "{}: the classes '{}' and '{}' differ only in capitals or blanks; if they are one, write them alike",
            train.whole(), excerpt(alike->first), excerpt(alike->second)));
    }
}

/// Numbers that differ and are one in single precision, in which they are learnt; empty if there are none.
std::string note_merged(const Examined& column, std::span<const float> learnt) {
    std::unordered_map<float, std::size_t> known;
    const std::vector<std::string_view>& words = column.vocabulary.words;
    for (std::size_t i = 0; i < words.size(); ++i) {
        // Digits that only printing has made, such as those of 0.30000000000000004, are no numbers of their own.
        constexpr double most_whole = 16'777'216;  // 2^24
        if (std::abs(learnt[i]) < most_whole) continue;
        const auto [at, is_new] = known.try_emplace(learnt[i], i);
        if (is_new || *Decimal::parse(words[i]) == *Decimal::parse(words[at->second])) continue;
        return fmt::format(
            "{}: {} and {} are both learnt as {:.0f}, since targets have single precision, seven digits; write how far "
            "they are from a number near all of them",
            column.place(column.vocabulary.first_rows[i]), excerpt(words[at->second]), excerpt(words[i]), learnt[i]);
    }
    return {};
}

/// Puts the numbers of a column into `values` [rows × targets] as the one numbered `target`. With several targets none
/// can be a class.
void measure(const Examined& column, std::size_t target, std::size_t targets, std::span<float> values,
             std::vector<std::string>& notes) {
    std::vector<double> exact;
    std::vector<float> learnt;
    for (std::size_t i = 0; i < column.vocabulary.words.size(); ++i) {
        const std::string_view word = column.vocabulary.words[i];
        const std::size_t row = column.vocabulary.first_rows[i];
        const auto number = parse_feature(word);
        if (!number) {
            const std::string otherwise = targets == 1 ? "put it right or choose --task classification"
                                                       : "put it right, or name one column of classes with --target";
            fail(Failure::data, "{}: '{}' {}, as {}; {}", column.place(row), excerpt(word), not_a_number,
                 targets == 1 ? "regression needs" : "several targets need (regression)", cure(word, otherwise));
        }
        if (!fits_single(*number)) {
            fail(Failure::data, "{}: {} is too large for single precision; choose another unit", column.place(row),
                 *number);
        }
        exact.push_back(*number);
        learnt.push_back(static_cast<float>(*number));
    }
    std::string note = note_merged(column, learnt);
    std::string rounding = note_rounding(column.whole(), exact, column.vocabulary.counts);
    if (note.empty()) note = std::move(rounding);
    if (!note.empty()) notes.push_back(std::move(note));
    for (std::size_t row = 0; row < column.vocabulary.of_row.size(); ++row) {
        values[row * targets + target] = learnt[column.vocabulary.of_row[row]];
    }
}

SharedBytes measure_all(std::span<const Examined> columns, std::vector<std::string>& notes) {
    core::Buffer<float> values(columns.front().vocabulary.of_row.size() * columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) measure(columns[i], i, columns.size(), values, notes);
    return share(std::move(values));
}

}  // namespace

Targets make_targets(const TargetColumn& train, const TargetColumn* test, std::optional<task::Kind> task) {
    return make_targets(std::span(&train, 1), std::span(test, test == nullptr ? 0 : 1), task);
}

Targets make_targets(std::span<const TargetColumn> train_words, std::span<const TargetColumn> test_words,
                     std::optional<task::Kind> task) {
    const std::vector<Examined> train(train_words.begin(), train_words.end());
    const std::vector<Examined> test(test_words.begin(), test_words.end());
    const bool several = train.size() > 1;
    const bool may_be_class = !several && task != task::Kind::regression;
    for (const auto* columns : {&train, &test}) {
        for (const Examined& column : *columns) refuse_gaps(column, may_be_class);
    }
    const Examined* const first_test = test.empty() ? nullptr : &test.front();
    Targets targets;
    targets.outputs = train.size();
    targets.task = task::Kind::regression;
    if (!several) targets.task = task ? *task : infer_task(train.front(), first_test);
    if (targets.task == task::Kind::classification) {
        classify(targets, train.front(), first_test);
        return targets;
    }
    if (!several && !task) {
        targets.notes.push_back(
            fmt::format("{}: the target is a number, so this is regression; --task classification makes each number a "
                        "class",
                        train.front().whole()));
    }
    targets.train = measure_all(train, targets.notes);
    if (!test.empty()) targets.test = measure_all(test, targets.notes);
    return targets;
}

}  // namespace ensemble::data
