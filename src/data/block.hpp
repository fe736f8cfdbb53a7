#pragma once

#include <optional>
#include <string>

#include "data/dataset.hpp"

namespace ensemble::data {

/// SHA-256 of the descriptions and bytes of both tables, as 64 hexadecimal digits.
[[nodiscard]] std::string fingerprint(const Table& train, const std::optional<Table>& test);

}  // namespace ensemble::data
