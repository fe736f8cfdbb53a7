#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ensemble::data {

class CommentRule;

/// The records of a text table, one after the other, as RFC 4180 has them and a little more: fields are separated by
/// tabs, semicolons, commas, | or white space, whichever the first lines have; blanks around a field, in quotes or not,
/// do not count; a field in double quotes may hold separators, line ends and doubled quotes. Blank lines and comments,
/// which begin with #, are passed over.
class Records {
public:
    /// `name` is how messages call the file. Throws core::Error (data) if `text` is not text.
    Records(std::string text, std::string name);

    /// Records between known separators, where # marks nothing.
    Records(std::string text, std::string name, char separator);

    ~Records();
    Records(const Records&) = delete;
    Records& operator=(const Records&) = delete;

    /// Goes to the next record; false at the end. Throws core::Error (data) with file and line.
    [[nodiscard]] bool next();

    /// The fields of this record; valid until the object goes.
    [[nodiscard]] std::span<const std::string_view> fields() const noexcept { return fields_; }

    /// The line this record begins in, counted from 1.
    [[nodiscard]] std::size_t line() const noexcept { return line_; }

    /// Lines so far that are comments by their words, but have as many fields as the rows.
    [[nodiscard]] std::span<const std::size_t> likely_comments() const noexcept { return likely_comments_; }

    /// A space where fields are separated by white space.
    [[nodiscard]] char separator() const noexcept { return separator_; }

    /// "commas", for messages.
    [[nodiscard]] std::string_view separator_name() const noexcept;

private:
    [[nodiscard]] bool is_comment();
    [[nodiscard]] bool at_line_end() const noexcept;
    void pass_line_end() noexcept;
    void pass_blanks() noexcept;
    std::string_view quoted_field();
    std::string_view plain_field();

    std::string text_;
    std::string name_;
    char separator_;
    std::unique_ptr<const CommentRule> rule_;  ///< where there is a #
    std::size_t at_ = 0;
    std::size_t current_line_ = 1;
    std::size_t line_ = 0;
    std::vector<std::string_view> fields_;
    std::vector<std::size_t> likely_comments_;
};

}  // namespace ensemble::data
