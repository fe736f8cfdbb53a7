#pragma once

#include "data/text_columns.hpp"

namespace ensemble::data {

/// Takes out of the features what nothing can be learnt from, or what only tells how the file is sorted: columns that
/// hold one value alone, that number the rows and are called so, or whose words name the rows; not those that
/// columns.used asks for, and never the last. Says which in columns.left_out and in the notes, where others look as if
/// they counted the rows, too.
void leave_out(Columns& columns);

}  // namespace ensemble::data
