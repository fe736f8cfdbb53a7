#pragma once

#include <cstdint>

namespace ensemble::compute {

/// Whether a result replaces what was there or is added to it.
enum class Accumulate : std::uint8_t { no, yes };

}  // namespace ensemble::compute
