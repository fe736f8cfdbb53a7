#pragma once

#include <cstddef>
#include <memory>
#include <set>

#include "data/column_encoding.hpp"
#include "data/moments.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {

/// How numbers are scaled. `robust`: by their median and the distance of their quartiles, drawn in where they are far.
/// `none`: left as they are.
enum class ColumnScale : std::uint8_t { none, robust };

/// What is wanted of the columns.
struct ColumnRequest {
    ColumnScale scale = ColumnScale::robust;
    std::set<Encoding> encodings = {};  ///< ple and ple_target, where some member has them
    Missing missing = Missing::indicate;
};

/// The codes of the columns of `source`, fitted to `rows` of its training table. Throws core::Error (data) where rows
/// hold nothing to learn from.
[[nodiscard]] std::shared_ptr<const ColumnEncoding> fit_columns(const Source& source, Rows rows,
                                                                const ColumnRequest& request);

}  // namespace ensemble::data
