#include "analysis/shifted.hpp"

#include <algorithm>
#include <utility>

#include "analysis/results.hpp"
#include "analysis/uncertainty.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

std::vector<double> column_of(const RowResults& rows, std::size_t column, std::size_t columns) {
    std::vector<double> values;
    for (std::size_t row = 0; row < rows.rows; ++row)
        values.push_back(double{rows.uncertainty[row * columns + column]});
    return values;
}

std::vector<double> negated(std::vector<double> values) {
    for (double& value : values) value = -value;
    return values;
}

}  // namespace

std::vector<ShiftResult> shift_results(const Analysis& analysis) {
    const Study& study = analysis.study();
    const Committee& committee = analysis.committee();
    const std::size_t best = committee.place_of(committee.best);
    std::vector<ShiftResult> results;
    for (std::size_t set = 0; set < study.sets.size(); ++set) {
        if (study.sets[set]->use != SetUse::shift) continue;
        const std::vector<task::Scores>& members = analysis.member_scores(set);
        results.push_back(
            {.shift = study.sets[set]->shift,
             .combinations = combination_scores(*study.task, study.targets, analysis.rows(set), analysis.truth(set)),
             .mean_member = mean_member_scores(*study.task, study.targets, analysis.rows(set), members),
             .best_member = members.at(best),
             .set = study.sets[set]->name});
    }
    return results;
}

std::optional<ForeignResult> foreign_result(const Analysis& analysis, const std::vector<std::string>& targets) {
    const Study& study = analysis.study();
    const auto set = study.find(SetUse::foreign);
    if (!set) return std::nullopt;
    const RowResults& foreign = analysis.rows(*set);
    const RowResults& test = analysis.rows(study.test);
    const std::vector<std::string> names = uncertainty_names(study.task->kind, targets);
    ForeignResult result{.rows = foreign.rows, .measures = {}};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::vector<double> outliers = column_of(foreign, i, names.size());
        const std::vector<double> inliers = column_of(test, i, names.size());
        result.measures.push_back({.measure = names[i],
                                   .foreign = detection(outliers, inliers),
                                   .test_aupr = detection(negated(inliers), negated(outliers)).aupr});
    }
    return result;
}

}  // namespace ensemble::analysis
