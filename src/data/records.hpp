#pragma once

#include <array>
#include <cstddef>
#include <functional>
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
/// which begin with #, are passed over. What separates fields, and which lines are comments, is told from the first
/// hundred records.
class Records {
public:
    /// Writes the next bytes of a text to where it is told, as many as are there; returns how many, 0 only at the end.
    using Source = std::function<std::size_t(std::span<char>)>;

    /// How a text is read that is not held as a whole.
    struct Window {
        std::size_t piece = std::size_t{1} << 20U;          ///< bytes that are asked for at a time
        std::size_t longest_line = std::size_t{64} << 20U;  ///< some millions of numbers
        std::size_t head = 100;  ///< records that separators and comments are told from, and that are waited for
    };

    /// `name` is how messages call the file. Throws core::Error (data) if `text` is not text.
    Records(std::string text, std::string name);

    /// The same records of a text that comes piece by piece: no more of it is held than a window, or the longest
    /// record, and the head.
    Records(Source source, std::string name, const Window& window);

    /// Records between known separators, where # marks nothing.
    Records(std::string text, std::string name, char separator);

    ~Records();
    Records(const Records&) = delete;
    Records& operator=(const Records&) = delete;

    /// Goes to the next record; false at the end. Throws core::Error (data) with file and line.
    [[nodiscard]] bool next();

    /// The fields of this record; valid until the object goes, or, of a text that comes in pieces, until next().
    [[nodiscard]] std::span<const std::string_view> fields() const noexcept { return fields_; }

    /// The line this record begins in, counted from 1.
    [[nodiscard]] std::size_t line() const noexcept { return line_; }

    /// Lines so far that are comments by their words, but have as many fields as the rows.
    [[nodiscard]] std::span<const std::size_t> likely_comments() const noexcept { return likely_comments_; }

    /// A space where fields are separated by white space.
    [[nodiscard]] char separator() const noexcept { return separator_; }

    /// "commas", for messages.
    [[nodiscard]] std::string_view separator_name() const noexcept;

    /// True if the next record may be read without waiting for more of the text.
    [[nodiscard]] bool has_line() const noexcept;

private:
    Records(std::string text, Source source, std::string name, const Window& window);

    void read_head();
    void find_separator();
    void find_ends();
    [[nodiscard]] std::string_view rest() const noexcept { return std::string_view(text_).substr(at_, end_ - at_); }

    /// Whether there is a letter at at_, once more of the text is read where the window ends.
    [[nodiscard]] bool more() { return at_ < end_ || read_on(); }
    bool read_on();
    void move_window();
    void refuse_other_content() const;
    void look_for_zero(std::size_t first) const;

    [[nodiscard]] bool is_comment();
    [[nodiscard]] bool at_line_end();
    void pass_line();
    void pass_line_end();
    void pass_blanks();
    bool take_plain_fields();
    std::string_view quoted_field();
    std::string_view plain_field();

    std::string text_;     ///< what is held of the text, and behind it a line end where scanning stops, and some room
    std::size_t end_ = 0;  ///< of what is held
    Source source_;        ///< empty where nothing more comes
    std::string name_;
    Window window_;
    char separator_;
    bool marks_comments_ = true;
    bool is_open_ = false;                     ///< the head is known
    std::string head_;                         ///< the first records as they were, for the rule
    std::unique_ptr<const CommentRule> rule_;  ///< once there is a #
    std::array<bool, 256> ends_field_{};       ///< by letter
    std::size_t at_ = 0;
    std::size_t passed_ = 0;  ///< bytes before text_
    std::size_t record_ = 0;  ///< where it begins
    std::size_t current_line_ = 1;
    std::size_t line_ = 0;
    std::vector<std::string_view> fields_;
    std::vector<std::size_t> likely_comments_;
};

}  // namespace ensemble::data
