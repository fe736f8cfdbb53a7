#pragma once

#include <optional>

#include "analysis/analysis.hpp"
#include "config/experiment.hpp"
#include "report/page.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// Saves the test rows that the page shows as they are, so that it can be made without the data: the least certain ones
/// and those that are wrong with most confidence, or predicted with the largest errors, by the first combination,
/// whichever is chosen. Pixels of images of bytes; of other rows what stood in the first columns, where they still are
/// features. Root only. Throws core::Error (run).
void write_examples(const config::Experiment& experiment, const analysis::Analysis& analysis,
                    const store::RunDirectory& directory);

/// The rows that were saved, with what the run says of them; nothing where none were. Root only. Throws core::Error
/// (data) where the file is damaged.
[[nodiscard]] std::optional<report::Examples> read_examples(const store::Summary& summary,
                                                            const analysis::Analysis& analysis,
                                                            const store::RunDirectory& directory);

}  // namespace ensemble::run
