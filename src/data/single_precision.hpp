#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace ensemble::data {

/// True if single precision, in which targets are learnt, holds a number of that size.
[[nodiscard]] bool fits_single(double number) noexcept;

/// A note where rounding to single precision takes more than a hundredth of what `numbers` deviate by, else empty.
/// `counts`: how often each comes; empty: once. `where` names file and column. Throws core::Error (data) where numbers
/// that differ all become one. REQUIRES: fits_single() of each.
[[nodiscard]] std::string note_rounding(const std::string& where, std::span<const double> numbers,
                                        std::span<const std::size_t> counts);

}  // namespace ensemble::data
