#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "data/dataset.hpp"
#include "data/text_columns.hpp"

// What text tables tell of their rows beside features and targets: how much each counts, and with which it belongs.
namespace ensemble::data {

/// Numbers for the names of groups, the same in all tables that are asked for.
using GroupNumbers = std::unordered_map<std::string, std::uint32_t>;

/// Of each row of `columns`; groups without a number yet get the next ones.
[[nodiscard]] RowExtras extras_of(const Columns& columns, GroupNumbers& groups);

/// Throws core::Error (data) where every row weighs nothing.
void require_some_weight(const Columns& columns);

/// Groups that training and test rows have in common tell of the test rows what they should not: a note on them, or
/// empty.
[[nodiscard]] std::string note_shared_groups(const Columns& train, const Columns& test);

/// Of the column at that place, for people and files; empty where there is none.
[[nodiscard]] std::string name_of_column(const Columns& columns, const std::optional<std::size_t>& place);

}  // namespace ensemble::data
