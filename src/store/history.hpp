#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "train/member_state.hpp"

namespace ensemble::store {

inline constexpr std::size_t all_members = std::numeric_limits<std::size_t>::max();

/// One line of history.jsonl, without its newline; numbers that are not finite become null.
/// `score`: the name of what validation_score is, "accuracy".
[[nodiscard]] std::string history_line(const train::EpochRecord& record, std::string_view score);

/// Lines of history.jsonl in the order of (member, epoch); of several for the same epoch the last stays, and a line
/// that is not whole (its writer was killed) goes, as do those of members from `members` on.
[[nodiscard]] std::string sorted_history(std::string_view lines, std::size_t members = all_members);

/// The seconds of each epoch, as (member, epoch), that `lines` have a whole line for; 0 where nobody knows any more.
using EpochSeconds = std::map<std::pair<std::uint32_t, std::uint32_t>, double>;
[[nodiscard]] EpochSeconds epochs_in_history(std::string_view lines);

}  // namespace ensemble::store
