#include "run/outcome.hpp"

#include <vector>

#include "analysis/results.hpp"
#include "run/configuration.hpp"
#include "run/machine.hpp"
#include "store/file.hpp"
#include "store/npy.hpp"

namespace ensemble::run {

store::DataSummary describe_data(const Experiment& experiment) {
    const data::Split& split = experiment.split();
    const core::Shape& shape = experiment.source().train.shape();
    store::DataSummary summary{.name = experiment.source().name,
                               .sha256 = experiment.source().sha256,
                               .train = split.train.size(),
                               .validation = split.validation.size(),
                               .test = split.test.size(),
                               .shape = {},
                               .classes = experiment.network().outputs(),
                               .class_names = experiment.source().class_names};
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) summary.shape.push_back(shape[axis]);
    const auto labels = experiment.source().train.labels();
    std::vector<std::int32_t> training;
    for (const std::uint32_t row : split.train) training.push_back(labels[row]);
    summary.baseline = analysis::majority(training, experiment.test_labels(), summary.classes);
    return summary;
}

store::Summary write_predictions(const Experiment& experiment, const Trained& trained,
                                 const store::RunDirectory& directory, bool is_partial) {
    const Options& options = experiment.options();
    const analysis::Contribution& total = trained.total;
    store::Summary summary{.program = describe_program(),
                           .config = to_json(options),
                           .data = describe_data(experiment),
                           .members = trained.coordinator->results(),
                           .ensemble = {},
                           .combine = options.combine,
                           .timing = {},
                           .missing = trained.coordinator->missing(),
                           .partial = is_partial};
    summary.ensemble = analysis::evaluate(total, experiment.test_labels(), summary.members, options.seed);

    // To which rows of the data the lines of predictions and votes belong, and what is true of them.
    const auto test_rows = experiment.test().rows;
    const std::vector<std::int64_t> rows(test_rows.begin(), test_rows.end());
    store::write_file_atomically(directory.test_rows(), store::list_to_npy(rows));
    store::write_file_atomically(directory.test_targets(), store::list_to_npy(experiment.test_labels()));

    const bool averages = options.combine == analysis::Combination::average;
    const std::vector<float> predictions = averages ? analysis::average(total) : analysis::vote_shares(total);
    const std::vector<std::int32_t> votes(total.votes().begin(), total.votes().end());
    store::write_file_atomically(is_partial ? directory.partial_predictions() : directory.predictions(),
                                 store::to_npy(predictions, total.items(), total.classes()));
    store::write_file_atomically(is_partial ? directory.partial_votes() : directory.votes(),
                                 store::to_npy(votes, total.items(), total.classes()));
    directory.sort_history();
    return summary;
}

}  // namespace ensemble::run
