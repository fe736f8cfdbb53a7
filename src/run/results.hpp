#pragma once

#include <cstddef>

#include "analysis/trust.hpp"
#include "config/experiment.hpp"
#include "schedule/training.hpp"
#include "store/prediction_files.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// Evaluates the ensemble and writes what it predicts, under other names if it `is_partial`; the summary still lacks
/// its timing. Root only.
[[nodiscard]] store::Summary write_results(const config::Experiment& experiment, const schedule::Trained& trained,
                                           const store::RunDirectory& directory, bool is_partial);

/// Sets what the analysis says of the ensemble, and writes the predictions of the combination that `summary` names,
/// calibrated as asked, under other names if it is partial. Root only.
void evaluate_and_write(store::Summary& summary, const analysis::Analysis& analysis, const config::Options& options,
                        const store::RunDirectory& directory);

/// What became of the ranks' time; the time of start, combination and all still lacks. Root only.
[[nodiscard]] store::Timing timing_of(const schedule::Trained& trained, int ranks);

/// Where finished members leave what they predict of `set`.
[[nodiscard]] store::PredictionFiles prediction_files(const config::Experiment& experiment,
                                                      const store::RunDirectory& directory,
                                                      const config::EvaluationSet& set);

/// The names and sizes of the data.
[[nodiscard]] store::DataSummary describe_data(const config::Experiment& experiment);

}  // namespace ensemble::run
