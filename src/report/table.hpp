#pragma once

#include <string>

#include "report/terminal.hpp"
#include "store/summary.hpp"

namespace ensemble::report {

/// The results as a person reads them: members, ensemble, what it gains and how sure that is, times.
/// `directory` is where the files are.
[[nodiscard]] std::string results_table(const store::Summary& summary, const std::string& directory,
                                        const Terminal& terminal);

/// A member that is done, as one line of a log.
[[nodiscard]] std::string member_line(const analysis::MemberResult& member, const task::Task& task, int rank,
                                      int ranks);

}  // namespace ensemble::report
