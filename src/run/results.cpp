#include "run/results.hpp"

#include <vector>

#include "analysis/results.hpp"
#include "config/configuration.hpp"
#include "config/variation.hpp"
#include "run/machine.hpp"
#include "run/page_extras.hpp"
#include "store/file.hpp"
#include "store/npy.hpp"

namespace ensemble::run {

namespace {

/// Of a prediction that is for every row the mean and the variance of the training rows.
task::Scores constant_scores(const config::Experiment& experiment) {
    const task::Scale& scale = experiment.source().target_scale;
    std::vector<float> predictions;
    for (std::size_t row = 0; row < experiment.test_set().rows.size(); ++row) {
        for (std::size_t target = 0; target < experiment.targets(); ++target) {
            const double deviation = scale.deviation_of(target);
            predictions.push_back(static_cast<float>(scale.mean_of(target)));
            predictions.push_back(static_cast<float>(deviation * deviation));
        }
    }
    return task::score({.task = experiment.task(), .targets = experiment.targets(), .predictions = predictions},
                       experiment.test_set().truth());
}

}  // namespace

store::DataSummary describe_data(const config::Experiment& experiment) {
    const data::Split& split = experiment.split();
    const core::Shape& shape = experiment.source().train.shape();
    store::DataSummary summary{.name = experiment.source().name,
                               .sha256 = experiment.source().sha256,
                               .train = split.train.size(),
                               .validation = split.validation.size(),
                               .test = split.test.size(),
                               .shape = {},
                               .class_names = experiment.source().class_names};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) summary.shape.push_back(shape[axis]);
    summary.evaluation_sets = experiment.set_names();
    summary.fold_bounds = split.fold_bounds;
    summary.foreign_sha256 = experiment.source().foreign_sha256;
    if (experiment.task().kind == task::Kind::classification) {
        const auto labels = experiment.source().train.labels();
        std::vector<std::int32_t> training;
        for (const std::uint32_t row : split.train) training.push_back(labels[row]);
        summary.classes = experiment.targets();
        summary.baseline = analysis::majority(training, experiment.test_set().labels, summary.classes);
    } else {
        summary.target_names = experiment.source().target_names;
        summary.target_scale = experiment.source().target_scale;
        summary.baseline_scores = constant_scores(experiment);
    }
    return summary;
}

void write_truth(const config::Experiment& experiment, const store::RunDirectory& directory) {
    for (const config::EvaluationSet& set : experiment.evaluation_sets()) {
        const std::filesystem::path place = directory.evaluation_set(set.name);
        const std::vector<std::int64_t> rows(set.rows.rows.begin(), set.rows.rows.end());
        store::write_file_atomically(place / "rows.npy", store::list_to_npy(rows));
        const bool classes = experiment.task().kind == task::Kind::classification;
        if (set.labels.empty() && set.numbers.empty()) continue;
        store::write_file_atomically(place / "targets.npy", classes
                                                                ? store::list_to_npy(set.labels)
                                                                : store::to_npy(set.numbers, rows.size(), set.targets));
    }
}

void evaluate_and_write(store::Summary& summary, const analysis::Analysis& analysis, const config::Options& options,
                        const store::RunDirectory& directory) {
    const analysis::Study& study = analysis.study();
    const analysis::RowResults& rows = analysis.rows(study.test);
    summary.ensemble = analysis::evaluate(*study.task, study.targets, rows, analysis.truth(study.test), summary.members,
                                          study.seed, &analysis.whole(), analysis.replicated());
    analysis::add_diversity(summary.ensemble, analysis.diversity());
    for (std::size_t i = 0; i < summary.ensemble.combinations.size(); ++i)
        summary.ensemble.combinations[i].weights = analysis.weights()[i];
    if (study.folds() > 0) {
        const analysis::RowResults& pooled = analysis.rows(study.validation);
        summary.out_of_fold = {.rows = pooled.rows,
                               .scores = analysis::combination_scores(*study.task, study.targets, pooled,
                                                                      analysis.truth(study.validation))};
    }
    summary.shifts = analysis::shift_results(analysis);
    if (const auto columns = read_shuffled_columns(analysis.study(), directory))
        summary.importance = analysis::importance_of(analysis, summary.combine, *columns);
    summary.foreign = analysis::foreign_result(analysis, summary.data.target_names);
    summary.trust = analysis::trust_of(analysis, summary.combine, summary.data.target_names,
                                       read_coverage_groups(options, summary.data, analysis, directory));
    std::vector<float> predictions = rows.combined.at(summary.combine).predictions;
    if (options.calibrate == analysis::Calibrate::temperature)
        predictions = analysis::at_temperature(predictions, study.targets,
                                               summary.trust.calibration.value().scaled.temperature.value);
    store::write_file_atomically(summary.partial ? directory.partial_predictions() : directory.predictions(),
                                 store::to_npy(predictions, rows.rows, study.width()));
    store::write_file_atomically(summary.partial ? directory.partial_uncertainty() : directory.uncertainty(),
                                 store::to_npy(rows.uncertainty, rows.rows, summary.trust.measures.size()));
    if (rows.votes.empty()) return;
    store::write_file_atomically(summary.partial ? directory.partial_votes() : directory.votes(),
                                 store::to_npy(rows.votes, rows.rows, study.width()));
}

store::Summary write_results(const config::Experiment& experiment, const schedule::Trained& trained,
                             const store::RunDirectory& directory, bool is_partial) {
    const config::Options& options = experiment.options();
    store::Summary summary{.program = describe_program(),
                           .config = config::to_json(options),
                           .data = describe_data(experiment),
                           .task = &experiment.task(),
                           .members = trained.coordinator->results(),
                           .settings = {},
                           .ensemble = {},
                           .combine = analysis::find_combination(experiment.task().kind, options.combine),
                           .timing = {},
                           .stop_when = trained.rule ? std::optional(trained.rule->result()) : std::nullopt,
                           .missing = trained.coordinator->missing(),
                           .partial = is_partial};
    for (const analysis::MemberResult& member : summary.members) {
        summary.settings.push_back({.net = experiment.network_of(member.index).text(),
                                    .varied = config::varied_values(options, member.index)});
    }
    for (const model::Network& network : experiment.networks()) summary.nets.push_back(network.text());
    write_truth(experiment, directory);
    write_regions(experiment, directory);
    write_shuffled_columns(experiment, directory);
    write_coverage_groups(experiment, directory);
    evaluate_and_write(summary, *trained.analysis->analysis(), options, directory);
    directory.sort_history(trained.coordinator->members());
    return summary;
}

store::Timing timing_of(const schedule::Trained& trained, int ranks) {
    const schedule::RankTimes& times = trained.coordinator->times();
    store::Timing timing;
    timing.ranks = ranks;
    timing.train_s = times.train_s();
    timing.idle_fraction = times.idle_fraction();
    timing.communication_fraction = times.communication_fraction();
    if (times.train_s() > 0)
        timing.samples_per_s = static_cast<double>(trained.coordinator->samples()) / times.train_s();
    timing.idle_s = times.idle_s();
    timing.efficiency = 1 - times.idle_fraction();
    timing.efficiency_bound = times.efficiency_bound();
    timing.coordination_s = trained.coordination_s;
    return timing;
}

store::PredictionFiles prediction_files(const config::Experiment& experiment, const store::RunDirectory& directory,
                                        const config::EvaluationSet& set) {
    return {directory.evaluation_set(set.name), set.rows.size(), experiment.predicted_width()};
}

}  // namespace ensemble::run
