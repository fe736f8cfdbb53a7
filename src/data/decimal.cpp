#include "data/decimal.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "data/number.hpp"

namespace ensemble::data {
namespace {

/// Beyond what parse() has to tell apart.
constexpr std::int64_t most_exponent = std::int64_t{1} << 40U;

std::int64_t parse_exponent(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    std::int64_t value = 0;
    const auto problem = std::from_chars(text.data(), text.data() + text.size(), value).ec;
    if (problem == std::errc::result_out_of_range) value = text.starts_with('-') ? -most_exponent : most_exponent;
    return value;
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view word) {
    if (!parse_number(word)) return std::nullopt;
    const std::string plain = plain_spelling(word);
    std::string_view rest = plain;
    Decimal made;
    if (rest.starts_with('-')) {
        made.negative_ = true;
        rest.remove_prefix(1);
    }
    if (const std::size_t mark = rest.find_first_of("eE"); mark != std::string_view::npos) {
        made.exponent_ = parse_exponent(rest.substr(mark + 1));
        rest = rest.substr(0, mark);
    }
    const std::size_t point = std::min(rest.find('.'), rest.size());
    made.digits_ = rest.substr(0, point);
    made.exponent_ += static_cast<std::int64_t>(point);
    if (point < rest.size()) made.digits_ += rest.substr(point + 1);

    const std::size_t first = made.digits_.find_first_not_of('0');
    if (first == std::string::npos) return Decimal{};
    made.digits_.erase(0, first);
    made.exponent_ -= static_cast<std::int64_t>(first);
    made.digits_.erase(made.digits_.find_last_not_of('0') + 1);
    return made;
}

bool is_rounded_whole(std::string_view word, double value) {
    constexpr double most_exact = 9'007'199'254'740'992.0;  // 2^53
    // Whoever writes an exponent does not mean every digit.
    if (!(std::abs(value) >= most_exact) || word.find_first_of("eEdD") != std::string_view::npos) return false;
    const auto written = Decimal::parse(word);
    return written && written->is_whole() && written != Decimal::parse(fmt::format("{:.0f}", value));
}

bool Decimal::is_whole() const noexcept {
    return digits_.empty() || exponent_ >= static_cast<std::int64_t>(digits_.size());
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
    const auto sign = [](const Decimal& d) { return d.digits_.empty() ? 0 : d.negative_ ? -1 : 1; };
    if (sign(*this) != sign(other)) return sign(*this) <=> sign(other);
    const Decimal& low = negative_ ? other : *this;
    const Decimal& high = negative_ ? *this : other;
    if (low.exponent_ != high.exponent_) return low.exponent_ <=> high.exponent_;
    // Without zeros at the end, the order of the texts is that of the numbers.
    return low.digits_ <=> high.digits_;
}

}  // namespace ensemble::data
