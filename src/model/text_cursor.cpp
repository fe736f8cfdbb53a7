#include "model/text_cursor.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

#include "core/error.hpp"

namespace ensemble::model {
namespace {

bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Text from `begin` to `end`, both moved on to where a character of UTF-8 begins, fit for one line of a message.
std::string excerpt(std::string_view text, std::size_t begin, std::size_t end) {
    const auto next_character = [text](std::size_t at) {
        while (at < text.size() && continues_character(text[at])) ++at;
        return std::min(at, text.size());
    };
    begin = next_character(begin);
    end = next_character(end);
    std::string shown;
    for (const char c : text.substr(begin, end - begin)) {
        const auto code = static_cast<unsigned char>(c);
        shown += code < 0x20U || code == 0x7FU ? fmt::format("\\x{:02x}", code) : std::string(1, c);
    }
    return shown;
}

}  // namespace

std::size_t space_bytes(std::string_view text) {
    constexpr std::array<std::string_view, 4> wide{"\xc2\xa0", "\xe2\x80\xaf", "\xe3\x80\x80", "\xef\xbb\xbf"};
    if (text.empty()) return 0;
    if (std::isspace(static_cast<unsigned char>(text.front())) != 0) return 1;
    const auto* const found =
        std::ranges::find_if(wide, [&](std::string_view space) { return text.starts_with(space); });
    return found == wide.end() ? 0 : found->size();
}

void TextCursor::advance() noexcept {
    if (text_[position_] == '\n') {
        ++line_;
        column_ = 1;
    } else {
        ++column_;
    }
    ++position_;
}

void TextCursor::skip_space() {
    while (!at_end()) {
        if (peek() == '#') {
            while (!at_end() && peek() != '\n') advance();
        } else if (const std::size_t bytes = space_bytes(text_.substr(position_)); bytes > 0) {
            for (std::size_t i = 0; i < bytes; ++i) advance();
        } else {
            return;
        }
    }
}

std::string_view TextCursor::take_word() {
    const std::size_t begin = position_;
    while (!at_end() && is_word(peek())) advance();
    return text_.substr(begin, position_ - begin);
}

std::optional<double> TextCursor::take_number() {
    double value = 0;
    const auto [end, error] = std::from_chars(text_.data() + position_, text_.data() + text_.size(), value);
    if (error != std::errc{}) return std::nullopt;
    while (text_.data() + position_ < end) advance();
    return value;
}

std::string TextCursor::ahead(std::size_t bytes) const {
    return excerpt(text_, position_, position_ + bytes);
}

void TextCursor::refuse(const std::string& why) const {
    const std::size_t begin = position_ < 20 ? 0 : position_ - 20;
    core::fail(core::Failure::usage, "network, line {}, column {}: {}{}", line_, column_, why,
               at_end() ? std::string(" (the text ends)")
                        : fmt::format(" (at \"{}\", after \"{}\")", ahead(12), excerpt(text_, begin, position_)));
}

}  // namespace ensemble::model
