#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/names.hpp"

namespace ensemble::data {

/// What the user says about the first line of a text table.
enum class Header : std::uint8_t { automatic, yes, no };

constexpr auto enum_names(Header) {
    return std::array{core::Named{Header::automatic, "auto"}, core::Named{Header::yes, "yes"},
                      core::Named{Header::no, "no"}};
}

using Fields = std::vector<std::string_view>;

/// What the first line of a table is, told from the lines below it.
struct Verdict {
    enum class Kind : std::uint8_t { header, row, doubt };
    Kind kind = Kind::row;
    std::string_view why;  ///< for the message of doubt
};

/// Holds `first` against the rows below, column by column: words over numbers are names, and so are whole numbers that
/// cannot be values there, such as the 0, 1, 2, … of pandas or years in a row, over decimals or over classes of which
/// none has that name. Where it could be either, doubt. `target` is the column to be learnt; `ignored` marks columns
/// that do not count. REQUIRES: `ignored` has one entry for each field of `first`.
[[nodiscard]] Verdict judge_first_line(const Fields& first, std::span<const Fields> below, std::size_t target,
                                       const std::vector<bool>& ignored);

}  // namespace ensemble::data
