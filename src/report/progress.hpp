#pragma once

#include <string>
#include <vector>

#include "report/terminal.hpp"
#include "schedule/run_progress.hpp"

namespace ensemble::report {

/// The lines of a live display: a bar for the whole run and, if they fit, a line for each rank. None is wider than the
/// terminal.
[[nodiscard]] std::vector<std::string> live_lines(const schedule::RunProgress& progress, const Terminal& terminal);

/// The same as one line of a log.
[[nodiscard]] std::string log_line(const schedule::RunProgress& progress);

}  // namespace ensemble::report
