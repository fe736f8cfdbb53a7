#pragma once

#include <optional>
#include <string_view>

namespace data {

/// The finite number that the whole of `word` spells; nothing if it spells none.
[[nodiscard]] std::optional<double> parse_number(std::string_view word);

}  // namespace data
