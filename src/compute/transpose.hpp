#pragma once

#include <cstddef>

namespace ensemble::compute {

/// to [columns × rows] ← from [rows × columns] transposed; strides in floats between their rows. They do not overlap.
void transpose(const float* from, std::size_t stride_from, std::size_t rows, std::size_t columns, float* to,
               std::size_t stride_to);

}  // namespace ensemble::compute
