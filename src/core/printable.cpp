#include "core/printable.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "core/reversible.hpp"

namespace ensemble::core {
namespace {

constexpr std::size_t escape_size = 4;  // \xNN

struct Character {
    std::size_t size = 1;    ///< bytes
    std::uint32_t code = 0;  ///< code point
    bool is_whole = false;   ///< valid UTF-8
};

/// The first character of a text that is not empty (RFC 3629: shortest form, no surrogates, at most U+10FFFF).
Character first_of(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) return {.size = 1, .code = lead, .is_whole = true};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
    std::uint32_t code = lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) return {};
        code = code << 6U | (byte(i) & 0x3fU);
    }
    const bool is_long = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    if (is_long || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) return {};
    return {.size = size, .code = code, .is_whole = true};
}

bool is_control(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/// Line ends of Unicode, and what turns the direction of writing: with these a text looks like another one.
bool is_misleading(std::uint32_t code) {
    return code == 0x200e || code == 0x200f || code == 0x061c || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/// The byte that \xNN at the beginning of `text` stands for.
std::optional<char> escaped_byte(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    if (text.size() < escape_size || !text.starts_with("\\x")) return std::nullopt;
    const std::size_t high = digits.find(text[2]);
    const std::size_t low = digits.find(text[3]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    return static_cast<char>(digits.size() * high + low);
}

enum class Keeps : std::uint8_t { nothing, line_ends, differences };

std::string escaped(std::string_view text, Keeps keeps) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const Character next = first_of(text);
        const bool misleads = keeps == Keeps::differences && escaped_byte(text).has_value();
        const bool stays = next.code == '\n' ? keeps == Keeps::line_ends
                                             : !is_control(next.code) && !is_misleading(next.code) && !misleads;
        const std::string_view bytes = text.substr(0, next.size);
        if (next.is_whole && stays) {
            safe += bytes;
        } else {
            for (const char byte : bytes) {
                fmt::format_to(std::back_inserter(safe), "\\x{:02X}", static_cast<unsigned char>(byte));
            }
        }
        text.remove_prefix(next.size);
    }
    return safe;
}

}  // namespace

std::string printable(std::string_view text) {
    return escaped(text, Keeps::nothing);
}

std::string reversible(std::string_view text) {
    return escaped(text, Keeps::differences);
}

std::string original(std::string_view name) {
    std::string text;
    while (!name.empty()) {
        const std::optional<char> byte = escaped_byte(name);
        text += byte.value_or(name.front());
        name.remove_prefix(byte ? escape_size : 1);
    }
    return text;
}

std::string printable_lines(std::string_view text) {
    return escaped(text, Keeps::line_ends);
}

}  // namespace ensemble::core
