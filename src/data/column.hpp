#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/names.hpp"

namespace ensemble::data {

/// What the values of a table's column are.
enum class ColumnKind : std::uint8_t {
    number,   ///< measured or counted
    category  ///< one of some levels
};

constexpr auto enum_names(ColumnKind) {
    return std::array{core::Named{ColumnKind::number, "number"}, core::Named{ColumnKind::category, "category"}};
}

/// What stands for a level that is none of a column's.
inline constexpr double unknown_level = -1;

/// A column of a table that is learnt from. As it is read, its value is one double: the number, or the place of the
/// level among `levels`, or unknown_level; NaN where it is missing.
struct Column {
    std::string name;
    std::size_t features = 1;  ///< that a network sees of it, one after the other
    ColumnKind kind = ColumnKind::number;
    std::vector<std::string> levels = {};  ///< of a category, in ascending order
};

}  // namespace ensemble::data
