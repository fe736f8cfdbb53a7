#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ensemble::data {

/// The exact value of a written number, however many digits it has: 1, 1.0 and 10e-1 are equal, 2^62 and 2^62 + 1 are
/// not. 0.d1 d2 … · 10^exponent.
class Decimal {
public:
    /// Nothing if `word` is no number as parse_number() reads it.
    [[nodiscard]] static std::optional<Decimal> parse(std::string_view word);

    [[nodiscard]] bool is_whole() const noexcept;

    [[nodiscard]] bool operator==(const Decimal& other) const = default;
    [[nodiscard]] std::strong_ordering operator<=>(const Decimal& other) const;

private:
    bool negative_ = false;
    std::int64_t exponent_ = 0;
    std::string digits_;  ///< without zeros at either end; empty: zero
};

/// True if `word` is a whole number in digits, beyond 2^53, that double precision does not have: it is read as `value`.
[[nodiscard]] bool is_rounded_whole(std::string_view word, double value);

}  // namespace ensemble::data
