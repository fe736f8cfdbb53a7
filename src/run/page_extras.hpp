#pragma once

#include <optional>

#include "analysis/analysis.hpp"
#include "analysis/importance.hpp"
#include "config/experiment.hpp"
#include "report/page.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

// Files that say how evaluation sets were made, so that what follows from them can be told without the data: each
// writes what the function after it reads.
namespace ensemble::run {

/// Of classes in the plane: where the points of the set "grid" are, in the units of the data, and some test rows.
/// Writes nothing of other data. Root only. Throws core::Error (run).
void write_regions(const config::Experiment& experiment, const store::RunDirectory& directory);

/// What the chosen combination and some of the members say there; nothing where there is no such file. Root only.
/// Throws core::Error (data) where it is damaged, or predictions are missing.
[[nodiscard]] std::optional<report::Regions> read_regions(const store::Summary& summary,
                                                          const analysis::Analysis& analysis,
                                                          const store::RunDirectory& directory);

/// How the rows of the set "importance" were made; writes nothing where there is no such set. Root only. Throws
/// core::Error (run).
void write_shuffled_columns(const config::Experiment& experiment, const store::RunDirectory& directory);

/// Nothing where the study has no such set. Throws core::Error (data) where the file is missing, damaged or not of it.
[[nodiscard]] std::optional<analysis::ShuffledColumns> read_shuffled_columns(const analysis::Study& study,
                                                                             const store::RunDirectory& directory);

/// The groups that coverage of the test rows is told by; writes nothing where none are asked for. Root only. Throws
/// core::Error (run).
void write_coverage_groups(const config::Experiment& experiment, const store::RunDirectory& directory);

/// Those of the file where `options` ask for them. Else of classes, unless they are very many, the classes; of numbers
/// none. Throws core::Error (data) where the file is missing, damaged or not of these test rows.
[[nodiscard]] analysis::RowGroups read_coverage_groups(const config::Options& options, const store::DataSummary& data,
                                                       const analysis::Analysis& analysis,
                                                       const store::RunDirectory& directory);

/// For the page; nothing where the summary has none.
[[nodiscard]] std::optional<report::Importance> importance_of(const store::Summary& summary);

}  // namespace ensemble::run
