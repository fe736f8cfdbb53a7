#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/elements.hpp"
#include "data/file_bytes.hpp"

namespace ensemble::data {

/// What stands in a file after its header: rows of items, the slowest axis first.
struct ArrayLayout {
    StoredAs stored;
    std::vector<std::uint64_t> extents;
    bool fortran_order = false;   ///< the first axis runs fastest
    bool channels_first = false;  ///< the second axis is to become the last
    /// [rows] How many steps, places on the second axis, count in each row: what is behind becomes NaN, whatever it is.
    /// Empty: all.
    std::span<const std::uint32_t> lengths = {};
};

/// Elements in the order and type of a Table.
struct ArrayContent {
    SharedBytes bytes;
    double low = 0;   ///< smallest value
    double high = 0;  ///< largest value
    /// Place [rows × elements] of a whole number beyond 2^53 that double precision does not have, and the number.
    std::optional<std::uint64_t> rounded;
    std::string rounded_number;
};

/// The narrowest type that holds every number of this kind, up to double precision.
[[nodiscard]] Element element_for(Number number) noexcept;

/// Reads the elements that follow in `file` piece by piece: nothing but the result is held. `like` is how messages call
/// a file that has set the type, for numbers that it does not hold. Throws core::Error (data) where the file is too
/// short, or names row and element of what is not finite.
/// REQUIRES: the product of the extents times 8 fits 64 bits; layout.channels_first: four axes; layout.lengths: no
/// bytes.
[[nodiscard]] ArrayContent read_array(FileBytes& file, const ArrayLayout& layout, Element element,
                                      const std::string& like = {});

}  // namespace ensemble::data
