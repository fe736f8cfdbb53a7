#pragma once

#include <string>

namespace ensemble::data {

/// Throws core::Error (data) with the command that converts it where the file is of a kind that other programs read, by
/// how it begins, or by its name if it is no text: Parquet, HDF5, Feather, Excel and the like.
void refuse_foreign_format(const std::string& file);

/// Throws core::Error (data) with the list of what is read where the content is none of it: neither text nor packed,
/// nor anything that the reader of text tables knows by its beginning.
void refuse_unknown_content(const std::string& file);

}  // namespace ensemble::data
