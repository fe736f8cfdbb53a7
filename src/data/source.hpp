#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.hpp"

namespace data {

/// Generates or reads a data set.
/// `what` is a built-in name with optional counts (`digits`, `digits:train=60000,test=1000`, `xor`, `moons`,
/// `spirals`) or the path of a directory with the four IDX files, plain or .gz. Built-in data depend on `seed` alone.
/// Local. Throws core::Error (usage for an unknown name or bad counts, data for files).
[[nodiscard]] Source load(const std::string& what, std::uint64_t seed);

/// The whole of `source` as one block of bytes, to be placed in memory shared by a node.
[[nodiscard]] std::vector<std::byte> pack(const Source& source);

/// A source whose tables view `block`. REQUIRES: block was made by pack() and is 64-byte aligned.
[[nodiscard]] Source unpack(const SharedBytes& block);

}  // namespace data
