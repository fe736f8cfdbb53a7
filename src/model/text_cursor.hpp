#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ensemble::model {

/// Length of the white space of one character that begins `text`; 0 if none does. Editors and web pages bring along
/// blanks that no line breaks at, and marks of byte order.
[[nodiscard]] std::size_t space_bytes(std::string_view text);

/// A place in a text of the network notation, which knows its line and column for messages.
class TextCursor {
public:
    explicit TextCursor(std::string_view text) : text_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return position_ == text_.size(); }
    /// The character here; 0 at the end.
    [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[position_]; }
    /// REQUIRES: not at the end.
    void advance() noexcept;
    /// Passes over white space and comments, from # to the end of the line.
    void skip_space();

    /// The letters, digits and underscores from here on, which may be none.
    std::string_view take_word();
    /// The number that begins here, if one does.
    std::optional<double> take_number();

    [[nodiscard]] std::size_t line() const noexcept { return line_; }      ///< counted from 1
    [[nodiscard]] std::size_t column() const noexcept { return column_; }  ///< of bytes, counted from 1

    /// The next bytes as whole characters, fit for a message.
    [[nodiscard]] std::string ahead(std::size_t bytes) const;

    /// Throws core::Error (usage) with line, column and the text around.
    [[noreturn]] void refuse(const std::string& why) const;

private:
    std::string_view text_;
    std::size_t position_ = 0;
    std::size_t line_ = 1;
    std::size_t column_ = 1;
};

}  // namespace ensemble::model
