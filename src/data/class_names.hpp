#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/decimal.hpp"

namespace ensemble::data {

/// True for a word that numbers classes unless somebody says that it measures: a whole number, which a double holds
/// exactly or which is written out in digits.
[[nodiscard]] bool is_class_number(std::string_view word);

/// The classes that a column of words names, in ascending order. Names are text. Where every word is a number, one
/// class may have several spellings: 1, 1.0 and 01 are one, sorted by value. It is called as it is written in digits
/// alone ("01", or the shortest of several), else by its shortest number. Otherwise classes are sorted by their bytes.
class ClassNames {
public:
    /// `words` are all different.
    explicit ClassNames(std::span<const std::string_view> words);

    /// For people and files: core::reversible(), so that names that differ stay different.
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

    /// The number of the class that `word` names.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view word) const;

    /// Two names that are the same but for capitals and blanks, if there are any.
    [[nodiscard]] std::optional<std::pair<std::string, std::string>> alike() const;

private:
    std::vector<std::string> names_;
    std::vector<Decimal> numbers_;         ///< of numbers
    std::vector<std::string_view> words_;  ///< of words
};

}  // namespace ensemble::data
