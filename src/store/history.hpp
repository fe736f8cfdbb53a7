#pragma once

#include <string>
#include <string_view>

#include "train/member_state.hpp"

namespace store {

/// One line of history.jsonl, without its newline; numbers that are not finite become null.
[[nodiscard]] std::string history_line(const train::EpochRecord& record);

/// Lines of history.jsonl in the order of (member, epoch); of several for the same epoch the last stays, and a line
/// that is not whole (its writer was killed) goes.
[[nodiscard]] std::string sorted_history(std::string_view lines);

}  // namespace store
