#pragma once

#include <string>
#include <vector>

#include "data/text_columns.hpp"

namespace ensemble::data {

/// Settles which of the columns are targets, which are ignored, and which are the features, as `choice` wants it.
/// `first` holds the fields of the first line, header or not. Adds to the notes where a name hides a number.
/// REQUIRES: columns.file, header and count are known. Throws core::Error (usage).
void choose_roles(Columns& columns, const ColumnChoice& choice, const std::vector<std::string>& first);

/// Gives every column the role that it has in `like`. REQUIRES: both have as many columns.
void take_roles(Columns& columns, const Columns& like);

}  // namespace ensemble::data
