#pragma once

#include <optional>
#include <string>

#include "data/dataset.hpp"

namespace ensemble::data {

/// SHA-256 of the descriptions and bytes of both tables, as 64 hexadecimal digits.
[[nodiscard]] std::string fingerprint(const Table& train, const std::optional<Table>& test);

/// The same of a source as it is read: where columns have levels, also of these.
[[nodiscard]] std::string fingerprint(const Source& source);

}  // namespace ensemble::data
