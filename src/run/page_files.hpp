#pragma once

#include <string>

#include "analysis/analysis.hpp"
#include "store/run_directory.hpp"
#include "store/summary.hpp"

namespace ensemble::run {

/// Writes report.html from `summary`, the text of summary.json, the history and the examples. Root only. Throws
/// core::Error: data where a file is damaged, run where the page cannot be written.
void write_page(const store::Summary& summary, const std::string& text, const analysis::Analysis& analysis,
                const store::RunDirectory& directory);

}  // namespace ensemble::run
