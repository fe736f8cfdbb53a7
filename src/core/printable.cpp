#include "core/printable.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>

#include <fmt/format.h>

namespace ensemble::core {
namespace {

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

std::string escaped(std::string_view text, bool keeps_line_ends) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const Character next = first_of(text);
        const bool stays = next.code == '\n' ? keeps_line_ends : !is_control(next.code) && !is_misleading(next.code);
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
    return escaped(text, false);
}

std::string printable_lines(std::string_view text) {
    return escaped(text, true);
}

}  // namespace ensemble::core
