#pragma once

#include <vector>

#include "task/metric.hpp"

namespace ensemble::task {

// Metrics that are no means over rows, each with what every row's part in it is, see Metric.

/// Expected calibration error (Naeini et al. 2015) in 15 bins of equal width of the probability of the chosen class.
[[nodiscard]] double calibration_error(const Answers& answers);
[[nodiscard]] Influences calibration_error_influences(const Answers& answers);

/// The mean share of each class that was recognised, over the classes that have rows.
[[nodiscard]] double balanced_accuracy(const Answers& answers);
[[nodiscard]] Influences balanced_accuracy_influences(const Answers& answers);

/// The mean over classes of 2·right / (occurs + predicted); a class that neither occurs nor is predicted has none.
[[nodiscard]] double macro_f1(const Answers& answers);
[[nodiscard]] Influences macro_f1_influences(const Answers& answers);

/// The area under the receiver operating characteristic: of two classes that of the second one; of more the mean of
/// each against the rest, over those that have both. NaN if there are none. Influences are DeLong's (1988) placements.
[[nodiscard]] double auroc(const Answers& answers);
[[nodiscard]] Influences auroc_influences(const Answers& answers);

/// 1 − Σ errors² / Σ (y − mean y)²; NaN where all numbers are the same.
[[nodiscard]] double explained_share(const Answers& answers);
[[nodiscard]] Influences explained_share_influences(const Answers& answers);

}  // namespace ensemble::task
