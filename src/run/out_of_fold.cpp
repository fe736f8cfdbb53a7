#include "run/out_of_fold.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "analysis/row_results.hpp"
#include "run/results.hpp"
#include "schedule/row_blocks.hpp"
#include "store/prediction_files.hpp"

namespace ensemble::run {
namespace {

/// A part of the rows and the members that were not trained on it.
struct Fold {
    data::RowRange rows;
    std::vector<std::uint32_t> members;
};

std::vector<Fold> folds_of(const config::Experiment& experiment, std::span<const analysis::MemberResult> members) {
    const std::size_t count = experiment.options().folds;
    std::vector<Fold> folds(count);
    for (std::uint32_t fold = 0; fold < count; ++fold)
        folds[fold].rows = experiment.predicted_rows(experiment.validation_set(), fold);
    for (const analysis::MemberResult& member : members) {
        if (member.is_included()) folds[member.index % count].members.push_back(member.index);
    }
    std::erase_if(folds, [](const Fold& fold) { return fold.members.empty(); });
    return folds;
}

}  // namespace

std::optional<store::OutOfFold> out_of_fold(const config::Experiment& experiment, const store::RunDirectory& directory,
                                            std::span<const analysis::MemberResult> members) {
    if (experiment.options().folds == 0) return std::nullopt;
    const config::EvaluationSet& set = experiment.validation_set();
    const store::PredictionFiles files = prediction_files(experiment, directory, set);
    const std::size_t width = experiment.predicted_width();
    const std::vector<Fold> folds = folds_of(experiment, members);
    std::size_t rows = 0;
    for (const Fold& fold : folds) rows += fold.rows.count;

    analysis::RowResults pooled = analysis::room_for(experiment.task(), experiment.targets(), rows);
    std::vector<std::int32_t> labels;
    std::vector<float> numbers;
    std::size_t done = 0;
    for (const Fold& fold : folds) {
        schedule::RowBlocks blocks(fold.rows.count, fold.members.size() * width);
        while (const auto block = blocks.take()) {
            const std::size_t first = fold.rows.first + blocks.first(*block);
            const std::size_t count = blocks.rows(*block);
            std::vector<float> predictions(fold.members.size() * count * width);
            for (std::size_t i = 0; i < fold.members.size(); ++i)
                files.read_rows(fold.members[i], first, count,
                                std::span(predictions).subspan(i * count * width, count * width));
            const task::Truth truth = set.truth().part(first, count);
            pooled.place(done, analysis::analyse({.task = experiment.task(),
                                                  .targets = experiment.targets(),
                                                  .members = fold.members.size(),
                                                  .rows = count,
                                                  .predictions = predictions,
                                                  .truth = truth},
                                                 0));
            labels.insert(labels.end(), truth.labels.begin(), truth.labels.end());
            numbers.insert(numbers.end(), truth.numbers.begin(), truth.numbers.end());
            done += count;
        }
    }
    const task::Truth truth{.labels = labels, .numbers = numbers, .targets = set.targets};
    return store::OutOfFold{
        .rows = rows, .scores = analysis::combination_scores(experiment.task(), experiment.targets(), pooled, truth)};
}

}  // namespace ensemble::run
