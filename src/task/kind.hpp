#pragma once

#include <array>
#include <cstdint>

#include "core/names.hpp"

namespace ensemble::task {

/// What is to be learnt of a row: which of some classes it is, or one or several numbers.
enum class Kind : std::uint8_t { classification, regression };

constexpr auto enum_names(Kind) {
    return std::array{core::Named{Kind::classification, "classification"}, core::Named{Kind::regression, "regression"}};
}

}  // namespace ensemble::task
