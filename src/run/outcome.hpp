#pragma once

#include <cstddef>

#include "run/experiment.hpp"
#include "run/training.hpp"
#include "store/prediction_files.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// Evaluates the ensemble and writes what it predicts, under other names if it `is_partial`; the summary still lacks
/// its timing. Root only.
[[nodiscard]] store::Summary write_results(const Experiment& experiment, const Trained& trained,
                                           const store::RunDirectory& directory, bool is_partial);

/// Where finished members leave what they predict of `set`.
[[nodiscard]] store::PredictionFiles prediction_files(const Experiment& experiment,
                                                      const store::RunDirectory& directory, const EvaluationSet& set);

/// The names and sizes of the data.
[[nodiscard]] store::DataSummary describe_data(const Experiment& experiment);

}  // namespace ensemble::run
