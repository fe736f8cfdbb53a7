#pragma once

#include <cstdint>
#include <span>

#include "data/dataset.hpp"
#include "task/truth.hpp"

namespace ensemble::data {

/// Mean and deviation of each target of `source` over `rows` of its training table, in double precision from what is
/// stored; empty for classification. Throws core::Error (data) for a target that is the same in all rows, so that there
/// is nothing to learn, and for one whose variance single precision does not hold, in which networks compute.
/// REQUIRES: rows is not empty.
[[nodiscard]] task::Scale scale_of_targets(const Source& source, std::span<const std::uint32_t> rows);

}  // namespace ensemble::data
