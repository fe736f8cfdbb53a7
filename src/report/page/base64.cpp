#include "report/page/base64.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace ensemble::report {

std::string base64(std::span<const std::byte> bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    constexpr std::size_t group = 3;  // bytes that make four letters of six bits
    std::string text;
    for (std::size_t first = 0; first < bytes.size(); first += group) {
        const std::size_t count = std::min(group, bytes.size() - first);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < group; ++i) {
            bits = bits << 8U | (i < count ? std::to_integer<std::uint32_t>(bytes[first + i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            text += i <= count ? letters[bits >> (18 - 6 * i) & 63U] : '=';
        }
    }
    return text;
}

}  // namespace ensemble::report
