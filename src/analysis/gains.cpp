#include "analysis/gains.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ensemble::analysis {
namespace {

bool has_gain(const task::Task& task, std::size_t metric) {
    const bool is_counted = task.kind == task::Kind::classification && metric == 0;
    return task.metrics()[metric].better != task::Better::nominal && !is_counted;
}

/// own − reference / members of each row.
std::vector<double> difference(std::span<const double> own, std::span<const double> reference, std::size_t members) {
    std::vector<double> rows(own.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const double one = reference[row] / static_cast<double>(members);
        rows[row] = unless_rounding(own[row] - one, std::abs(own[row]) + std::abs(one));
    }
    return rows;
}

/// Asks for those of one combination in metrics that are no means.
void ask_whole(const task::Task& task, const WholeReferences& whole, std::size_t rows, std::size_t members,
               std::size_t combination, AskedGains& asked) {
    const WholeScores& own = whole.combined.at(combination);
    const std::vector<std::size_t> metrics = whole_metrics(task);
    const auto add = [&](std::size_t place, double reference, const std::vector<double>& theirs, bool over_best) {
        const std::size_t metric = metrics[place];
        const double value = own.values[place];
        const double gain = unless_rounding(value - reference, std::abs(value) + std::abs(reference));
        if (!has_gain(task, metric) || !std::isfinite(gain)) return;
        asked.gains.add_whole(task.metrics()[metric], gain,
                              difference(std::span(own.influences).subspan(place * rows, rows),
                                         std::span(theirs).subspan(place * rows, rows), over_best ? 1 : members),
                              over_best);
        asked.places.push_back({.combination = combination, .metric = metric, .over_best = over_best});
    };
    for (std::size_t place = 0; place < metrics.size(); ++place) {
        add(place, whole.mean.at(place), whole.mean_influences, false);
        add(place, whole.best.at(place), whole.best_influences, true);
    }
}

}  // namespace

std::vector<std::size_t> whole_metrics(const task::Task& task) {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < task.metrics().size(); ++place) {
        if (!task.metrics()[place].is_mean()) places.push_back(place);
    }
    return places;
}

WholeScores whole_scores(const task::Predicted& predicted, const task::Truth& truth) {
    const std::size_t questions = predicted.task.questions(predicted.targets);
    const auto count = static_cast<double>(questions);
    const std::size_t rows = predicted.rows();
    WholeScores scores;
    for (const std::size_t metric : whole_metrics(predicted.task)) {
        double& value = scores.values.emplace_back(0);
        const std::size_t first = scores.influences.size();
        scores.influences.resize(first + rows);
        for (std::size_t question = 0; question < questions; ++question) {
            const task::Influences own =
                predicted.task.metrics()[metric].influences(predicted.answers(question, truth));
            value += own.value / count;
            for (std::size_t row = 0; row < rows; ++row) scores.influences[first + row] += own.rows[row] / count;
        }
    }
    return scores;
}

AskedGains ask_gains(const task::Task& task, std::size_t targets, const RowResults& rows, std::size_t members,
                     std::uint64_t seed, const WholeReferences* whole) {
    AskedGains asked{.gains = MeanGains(rows.rows, seed), .places = {}};
    const std::vector<std::size_t> means = mean_metrics(task);
    const auto lines = [&](const RowValues& values, std::size_t place) {
        return lines_of(values, place, task.questions(targets), rows.rows);
    };
    for (std::size_t which = 0; which < rows.combined.size(); ++which) {
        const RowValues& own = rows.combined_values[which];
        for (std::size_t place = 0; place < means.size(); ++place) {
            const task::Metric& metric = task.metrics()[means[place]];
            if (!has_gain(task, means[place])) continue;
            asked.gains.add(metric, lines(own, place), lines(rows.member_sums, place), members);
            asked.gains.add(metric, lines(own, place), lines(rows.best, place), 1);
            for (const bool over_best : {false, true})
                asked.places.push_back({.combination = which, .metric = means[place], .over_best = over_best});
        }
        if (whole != nullptr) ask_whole(task, *whole, rows.rows, members, which, asked);
    }
    return asked;
}

std::vector<std::span<const double>> lines_of(const RowValues& values, std::size_t place, std::size_t questions,
                                              std::size_t rows) {
    std::vector<std::span<const double>> lines;
    for (std::size_t question = 0; question < questions; ++question)
        lines.push_back(std::span(values).subspan((place * questions + question) * rows, rows));
    return lines;
}

}  // namespace ensemble::analysis
