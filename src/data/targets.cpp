#include "data/targets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/generator.hpp"
#include "data/number.hpp"

namespace data {
namespace {

using core::fail;
using core::Failure;

constexpr std::size_t most_inferred_classes = 100;
constexpr std::size_t fewest_rows_to_tell = 20;
constexpr double most_exact = 9'007'199'254'740'992.0;  // 2^53

std::string place(const TargetColumn& column, std::size_t row) {
    std::string text = column.lines.empty() ? fmt::format("{}, row {}", column.file, row)
                                            : fmt::format("{}, line {}", column.file, column.lines[row]);
    return column.column.empty() ? text : fmt::format("{}, {}", text, column.column);
}

std::string whole(const TargetColumn& column) {
    return column.column.empty() ? column.file : fmt::format("{}, {}", column.file, column.column);
}

/// The words as numbers, up to the first that is none.
std::vector<double> leading_numbers(const TargetColumn& column) {
    std::vector<double> numbers;
    numbers.reserve(column.words.size());
    for (const std::string& word : column.words) {
        const auto number = parse_number(word);
        if (!number) break;
        numbers.push_back(*number);
    }
    return numbers;
}

bool is_whole(double value) {
    return std::abs(value) <= most_exact && value == std::trunc(value);
}

template <class T>
std::vector<T> distinct(std::vector<T> values) {
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

Task infer_task(const TargetColumn& train, const TargetColumn* test, const std::vector<double>& numbers) {
    const std::size_t rows = train.words.size() + (test == nullptr ? 0 : test->words.size());
    if (numbers.size() == train.words.size()) {
        if (!std::ranges::all_of(numbers, is_whole)) return Task::regression;
        const std::size_t different = distinct(numbers).size();
        return different <= most_inferred_classes && 2 * different <= rows ? Task::classification : Task::regression;
    }
    const std::size_t first = numbers.size();
    const auto count =
        std::ranges::count_if(train.words, [](const auto& word) { return parse_number(word).has_value(); });
    if (2 * static_cast<std::size_t>(count) > train.words.size()) {
        fail(Failure::data,
             "{}: '{}' is not a number, but most targets are; put it right, or insist with --task classification",
             place(train, first), train.words[first]);
    }
    const std::size_t different = distinct(train.words).size();
    if (rows >= fewest_rows_to_tell && 2 * different > rows) {
        fail(Failure::data,
             "{}: {} different words in {} rows are too many for classes; name another column with --target, or insist "
             "with --task classification",
             whole(train), different, rows);
    }
    return Task::classification;
}

void refuse_gaps(const TargetColumn& column) {
    const auto gap = std::ranges::find(column.words, std::string());
    if (gap == column.words.end()) return;
    fail(Failure::data, "{}: the target is missing; fill it in or remove the row",
         place(column, static_cast<std::size_t>(gap - column.words.begin())));
}

/// Looks every value up among the ascending classes; `refuse(row)` if one is not there.
template <class T, class Refuse>
SharedBytes number_classes(const std::vector<T>& values, const std::vector<T>& classes, Refuse refuse) {
    core::Buffer<std::int32_t> labels(values.size());
    for (std::size_t row = 0; row < values.size(); ++row) {
        const auto found = std::ranges::lower_bound(classes, values[row]);
        if (found == classes.end() || *found != values[row]) refuse(row);
        labels[row] = static_cast<std::int32_t>(found - classes.begin());
    }
    return share(std::move(labels));
}

std::string name_of(double value) {
    return is_whole(value) ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
}

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 10;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
    return names.size() > shown ? fmt::format("{} and {} more", text, names.size() - shown) : text;
}

template <class T>
void classify(Targets& targets, const TargetColumn& train, const std::vector<T>& values, const TargetColumn* test,
              const std::vector<T>& test_values) {
    const std::vector<T> classes = distinct(values);
    for (const T& value : classes) {
        if constexpr (std::is_same_v<T, double>)
            targets.class_names.push_back(name_of(value));
        else
            targets.class_names.push_back(value);
    }
    if (classes.size() < 2) {
        fail(Failure::data, "{}: every row has the class '{}'; there is nothing to tell apart", whole(train),
             targets.class_names.front());
    }
    targets.outputs = classes.size();
    const auto refuse = [&](std::size_t row) {
        fail(Failure::data, "{}: class '{}' does not occur in {}, which has {}", place(*test, row), test->words[row],
             train.file, listed(targets.class_names));
    };
    targets.train = number_classes(values, classes, refuse);
    if (test != nullptr) targets.test = number_classes(test_values, classes, refuse);
}

SharedBytes measure(const TargetColumn& column) {
    const std::vector<double> numbers = leading_numbers(column);
    if (numbers.size() < column.words.size()) {
        fail(Failure::data,
             "{}: '{}' is not a number, as regression needs; put it right or choose --task classification",
             place(column, numbers.size()), column.words[numbers.size()]);
    }
    constexpr double most = std::numeric_limits<float>::max();
    core::Buffer<float> values(numbers.size());
    for (std::size_t row = 0; row < numbers.size(); ++row) {
        if (std::abs(numbers[row]) > most) {
            fail(Failure::data, "{}: {} is too large for single precision; choose another unit", place(column, row),
                 numbers[row]);
        }
        values[row] = static_cast<float>(numbers[row]);
    }
    return share(std::move(values));
}

}  // namespace

Targets make_targets(const TargetColumn& train, const TargetColumn* test, std::optional<Task> task) {
    refuse_gaps(train);
    if (test != nullptr) refuse_gaps(*test);
    const std::vector<double> numbers = leading_numbers(train);
    Targets targets;
    targets.task = task ? *task : infer_task(train, test, numbers);
    if (targets.task == Task::regression) {
        targets.outputs = 1;
        targets.train = measure(train);
        if (test != nullptr) targets.test = measure(*test);
    } else if (numbers.size() == train.words.size()) {
        std::vector<double> test_numbers;
        if (test != nullptr) test_numbers = leading_numbers(*test);
        // A word that is no number is no class either: NaN equals none of them.
        if (test != nullptr) test_numbers.resize(test->words.size(), std::numeric_limits<double>::quiet_NaN());
        classify(targets, train, numbers, test, test_numbers);
    } else {
        classify(targets, train, train.words, test, test == nullptr ? std::vector<std::string>{} : test->words);
    }
    return targets;
}

}  // namespace data
