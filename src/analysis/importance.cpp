#include "analysis/importance.hpp"

#include <algorithm>
#include <span>

#include "analysis/analysis.hpp"
#include "analysis/gain.hpp"
#include "analysis/mean_gain.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

/// Of the first metric a list of rows for each question.
using Lines = std::vector<std::vector<double>>;

/// The values of some test rows as they are.
Lines plain_lines(const Analysis& analysis, std::size_t combine, const ShuffledColumns& columns) {
    const Study& study = analysis.study();
    const RowResults& rows = analysis.rows(study.test);
    Lines lines(study.task->questions(study.targets));
    for (std::size_t question = 0; question < lines.size(); ++question) {
        for (const std::size_t place : columns.places)
            lines[question].push_back(rows.combined_values.at(combine).at(question * rows.rows + place));
    }
    return lines;
}

/// Of each of the rows the sum over the shufflings of a column.
Lines shuffled_lines(const RowResults& rows, std::size_t combine, const ShuffledColumns& columns, std::size_t column,
                     std::size_t questions) {
    const std::size_t count = columns.places.size();
    Lines lines(questions, std::vector<double>(count));
    for (std::size_t question = 0; question < questions; ++question) {
        for (std::size_t repeat = 0; repeat < columns.repeats; ++repeat) {
            const std::size_t first = question * rows.rows + (column * columns.repeats + repeat) * count;
            for (std::size_t i = 0; i < count; ++i)
                lines[question][i] += rows.combined_values.at(combine).at(first + i);
        }
    }
    return lines;
}

std::vector<std::int64_t> counts_of(const std::vector<double>& values) {
    std::vector<std::int64_t> counts;
    for (const double value : values) counts.push_back(static_cast<std::int64_t>(value));
    return counts;
}

std::vector<std::span<const double>> views_of(const Lines& lines) {
    return {lines.begin(), lines.end()};
}

}  // namespace

ImportanceResult importance_of(const Analysis& analysis, std::size_t combine, const ShuffledColumns& columns) {
    const Study& study = analysis.study();
    const auto set = study.find(SetUse::shuffled);
    core::require(set.has_value(), "columns were shuffled");
    const RowResults& rows = analysis.rows(*set);
    const std::size_t count = columns.places.size();
    core::require(rows.rows == columns.names.size() * columns.repeats * count && count > 0,
                  "every column was shuffled so often");
    const task::Metric& metric = study.task->metrics().front();
    core::require(metric.is_mean(), "the first metric is a mean over rows");

    ImportanceResult result{.repeats = columns.repeats, .rows = count, .columns = {}};
    const Lines plain = plain_lines(analysis, combine, columns);
    std::vector<Lines> shuffled;
    MeanGains gains(count, study.seed);
    for (std::size_t column = 0; column < columns.names.size(); ++column)
        shuffled.push_back(shuffled_lines(rows, combine, columns, column, plain.size()));
    // Right answers are counts, whose gains have an interval of their own.
    const bool counts = study.task->kind == task::Kind::classification;
    for (const Lines& own : shuffled) {
        if (!counts) gains.add(metric, views_of(plain), views_of(own), columns.repeats);
    }
    const std::vector<PairedGain> found = counts ? std::vector<PairedGain>{} : gains.all();
    for (std::size_t column = 0; column < columns.names.size(); ++column) {
        const Gain gain = counts ? gain_over_mean(counts_of(plain.front()), counts_of(shuffled[column].front()),
                                                  static_cast<std::int64_t>(columns.repeats))
                                 : found[column].gain;
        result.columns.push_back({.name = columns.names[column], .loss = gain.value, .ci95 = gain.ci95});
    }
    return result;
}

}  // namespace ensemble::analysis
