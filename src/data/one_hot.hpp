#pragma once

#include <string>

namespace ensemble::data {

struct Columns;

/// A note where the column to be learnt and its neighbours are one class spread over several columns: in every row
/// one of them is 1 and the others are 0, so that the neighbours, as features, give the answer away. Else empty.
[[nodiscard]] std::string note_one_hot(const Columns& columns);

}  // namespace ensemble::data
