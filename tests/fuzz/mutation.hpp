#pragma once

#include <cstdint>
#include <random>

#include "fuzz/readers.hpp"

namespace ensemble::fuzz {

/// One of the inputs, changed in some places: bits and bytes turned over, numbers at their limits, pieces left out,
/// repeated, moved, taken from another input, words of the reader put in.
[[nodiscard]] Bytes mutated(const std::vector<Bytes>& inputs, const std::vector<std::string>& words,
                            std::mt19937_64& random);

}  // namespace ensemble::fuzz
