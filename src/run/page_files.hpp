#pragma once

#include <string>

#include "analysis/analysis.hpp"
#include "config/experiment.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// Saves the test rows that the page shows as they are, so that it can be made without the data: the least certain ones
/// and those that are wrong with most confidence, by the first combination, whichever is chosen. Images of bytes only;
/// of other data nothing is written. Root only. Throws core::Error (run).
void write_examples(const config::Experiment& experiment, const analysis::Analysis& analysis,
                    const store::RunDirectory& directory);

/// Writes report.html from `summary`, the text of summary.json, the history and the examples. Root only. Throws
/// core::Error: data where a file is damaged, run where the page cannot be written.
void write_page(const store::Summary& summary, const std::string& text, const analysis::Analysis& analysis,
                const store::RunDirectory& directory);

}  // namespace ensemble::run
