#pragma once

#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace ensemble::data {

/// The whole number that `json` is. Its own get() cuts off what does not fit the type, and what stands behind a decimal
/// point. Throws core::Error (data) where it is another number than `Whole` holds, nlohmann::json::exception where it
/// is none.
template <std::integral Whole, class Json>
[[nodiscard]] Whole whole_number(const Json& json) {
    if (json.is_number_unsigned()) {
        const auto value = json.template get<std::uint64_t>();
        if (std::in_range<Whole>(value)) return static_cast<Whole>(value);
    } else if (json.is_number_integer()) {
        const auto value = json.template get<std::int64_t>();
        if (std::in_range<Whole>(value)) return static_cast<Whole>(value);
    } else if (!json.is_number()) {
        return json.template get<Whole>();  // says what it is instead
    }
    core::fail(core::Failure::data, "holds {} where only a whole number of fewer digits can stand", json.dump());
}

/// All of a list of them.
template <std::integral Whole, class Json>
[[nodiscard]] std::vector<Whole> whole_numbers(const Json& json) {
    std::vector<Whole> values;
    for (const Json& each : json.template get_ref<const typename Json::array_t&>())
        values.push_back(whole_number<Whole>(each));
    return values;
}

}  // namespace ensemble::data
