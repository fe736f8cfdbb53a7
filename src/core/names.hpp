#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/contract.hpp"

namespace ensemble::core {

/// A value of an enumeration and how people write it. Beside each enumeration that people choose from stands its table:
/// a function enum_names(Enum) that returns an array of these, one for each value, in the order in which they are
/// shown. It is found through its argument.
template <class Enum>
struct Named {
    Enum value;
    std::string_view name;
};

/// How `value` is written.
template <class Enum>
[[nodiscard]] constexpr std::string_view name_of(Enum value) {
    for (const Named<Enum>& each : enum_names(value)) {
        if (each.value == value) return each.name;
    }
    throw ContractViolation("every value of an enumeration has a name");
}

/// All names, in the order in which they are shown.
template <class Enum>
[[nodiscard]] std::vector<std::string_view> names_of() {
    std::vector<std::string_view> names;
    for (const Named<Enum>& each : enum_names(Enum{})) names.push_back(each.name);
    return names;
}

/// The value at that place among the names. REQUIRES: place < names_of<Enum>().size().
template <class Enum>
[[nodiscard]] constexpr Enum value_at(std::size_t place) {
    return enum_names(Enum{}).at(place).value;
}

}  // namespace ensemble::core
