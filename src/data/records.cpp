#include "data/records.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "core/error.hpp"
#include "data/comments.hpp"
#include "data/content.hpp"
#include "data/field.hpp"
#include "data/letter_marks.hpp"
#include "data/separators.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

/// Where scanning stops, and the furthest that it looks beyond.
constexpr std::size_t room_behind = 2 * LetterMarks::bytes;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
std::string_view without_mark(std::string_view text) {
    return text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
}

}  // namespace

Records::Records(std::string text, Source source, std::string name, const Window& window)
    : text_(std::move(text)),
      end_(text_.size()),
      source_(std::move(source)),
      name_(std::move(name)),
      window_(window),
      separator_(' ') {
    text_.append(room_behind, '\n');
}

Records::Records(std::string text, std::string name, char separator)
    : Records(std::move(text), Source{}, std::move(name), Window{}) {
    separator_ = separator;
    marks_comments_ = false;
    find_ends();
}

Records::Records(std::string text, std::string name) : Records(std::move(text), Source{}, std::move(name), Window{}) {
    refuse_other_content();
    find_separator();
}

Records::Records(Source source, std::string name, const Window& window)
    : Records(std::string{}, std::move(source), std::move(name), window) {
    read_head();
    find_separator();
}

Records::~Records() = default;

/// Reads until the first records are there as a whole, and the one behind them.
void Records::read_head() {
    constexpr std::size_t telling = 4096;  // what it is if no text
    bool is_complete = false;
    for (std::size_t looked_at = 0; source_ && !is_complete; looked_at = end_) {
        // Looked at when there is twice as much, so that a slow pipe costs no more than a file.
        while (source_ && end_ < 2 * looked_at + 1) read_on();
        const auto first = first_records(rest(), window_.head + 1, false);
        is_complete = first.size() > window_.head && first.back().data() + first.back().size() < text_.data() + end_;
        if (end_ >= telling) refuse_other_content();
    }
    refuse_other_content();
}

void Records::find_separator() {
    const std::string_view content = without_mark(rest());
    at_ = end_ - content.size();
    if (const char declared = declared_separator(content); declared != '\0') {
        separator_ = declared;
        pass_line();
        pass_line_end();
        if (const char seen = contradicting_separator(rest(), declared); seen != '\0') {
            fail(Failure::data,
                 "{}, line 1: says sep={}, but the lines below are separated by {}; remove the line, or put it right",
                 name_, declared, name_of_separator(seen));
        }
    } else {
        separator_ = detect_separator(content);
    }
    find_ends();
    // Now, since reading takes quotes out of the text.
    const auto first = first_records(rest(), window_.head + 1, false);
    is_open_ = true;
    const std::string_view all = rest();
    head_ =
        first.size() > window_.head ? all.substr(0, static_cast<std::size_t>(first.back().data() - all.data())) : all;
}

void Records::find_ends() {
    for (const char letter : {'\n', '\r', separator_}) ends_field_.at(static_cast<unsigned char>(letter)) = true;
    if (separator_ == ' ') ends_field_.at('\t') = true;
}

void Records::refuse_other_content() const {
    if (const auto foreign = foreign_content(without_mark(rest())); !foreign.empty()) {
        fail(Failure::data, "{}: {}", name_, foreign);
    }
    if (const auto encoding = wide_encoding(rest()); !encoding.empty()) {
        fail(Failure::data, "{}: {}, as some programs export text; save it as UTF-8, for example as 'CSV UTF-8'", name_,
             encoding);
    }
    look_for_zero(0);
}

/// A text that holds a zero is none.
void Records::look_for_zero(std::size_t first) const {
    const std::size_t zero = std::string_view(text_).substr(0, end_).find('\0', first);
    if (zero == std::string_view::npos) return;
    fail(Failure::data,
         "{}: byte {} is zero, so this is not a text table; give a .csv in UTF-8, a .npy, or a "
         "directory of IDX files",
         name_, passed_ + zero);
}

/// Adds a piece of the text behind what is held, which may move; false at its end.
bool Records::read_on() {
    if (!source_) return false;
    if (end_ - record_ > window_.longest_line) {
        fail(Failure::data,
             "{}: holds a line of more than {} MB, which is no row of a table; write every row in a line of its own",
             name_, window_.longest_line >> 20U);
    }
    if (text_.size() < end_ + window_.piece + room_behind) {
        std::string larger(std::max(2 * end_, end_ + window_.piece) + room_behind, '\n');
        std::copy_n(text_.data(), end_, larger.data());
        for (std::string_view& field : fields_) field = {larger.data() + (field.data() - text_.data()), field.size()};
        text_ = std::move(larger);
    }
    const std::size_t got = source_(std::span(text_).subspan(end_, window_.piece));
    const std::size_t first = end_;
    end_ += got;
    text_[end_] = '\n';
    if (got == 0) source_ = nullptr;
    // What the head is, is seen from all of it.
    if (is_open_) look_for_zero(first);
    return got > 0;
}

bool Records::has_line() const noexcept {
    return !source_ || rest().find('\n') != std::string_view::npos;
}

/// Sees to it that the next record is likely to be held, and forgets those before.
void Records::move_window() {
    constexpr std::size_t long_enough = std::size_t{1} << 14U;
    if (!source_ || end_ - at_ > long_enough || has_line()) return;
    fields_.clear();
    std::copy(text_.begin() + static_cast<std::ptrdiff_t>(at_), text_.begin() + static_cast<std::ptrdiff_t>(end_),
              text_.begin());
    passed_ += at_;
    end_ -= at_;
    at_ = 0;
    record_ = 0;
    text_[end_] = '\n';
    read_on();
}

std::string_view Records::separator_name() const noexcept {
    return name_of_separator(separator_);
}

bool Records::at_line_end() {
    return !more() || text_[at_] == '\n' || text_[at_] == '\r';
}

void Records::pass_line() {
    while (!at_line_end()) ++at_;
}

void Records::pass_line_end() {
    if (more() && text_[at_] == '\r') {
        ++at_;
        // \r\n is one line end, and so is an old Mac's \r.
        if (more() && text_[at_] == '\n') ++at_;
    } else if (at_ < end_) {
        ++at_;
    }
    ++current_line_;
}

void Records::pass_blanks() {
    while (more() && (text_[at_] == ' ' || (text_[at_] == '\t' && separator_ != '\t'))) ++at_;
}

bool Records::is_comment() {
    if (!marks_comments_ || text_[at_] != '#') return false;
    if (!rule_) rule_ = std::make_unique<const CommentRule>(head_, separator_);
    const std::size_t begin = at_;
    pass_line();
    const std::string_view line = std::string_view(text_).substr(begin, at_ - begin);
    at_ = begin;
    switch (rule_->judge(line, line_ == 0)) {
        case CommentRule::Kind::comment:
            return true;
        case CommentRule::Kind::likely_comment:
            likely_comments_.push_back(current_line_);
            return true;
        case CommentRule::Kind::row:
            return false;
        case CommentRule::Kind::doubt:
            break;
    }
    fail(Failure::data,
         "{}, line {}: begins with # and has as many fields as other lines; remove the line if it is a comment, or "
         "write its first field in double quotes if it is a row",
         name_, current_line_);
}

bool Records::next() {
    for (;; pass_line_end()) {
        move_window();
        record_ = at_;
        pass_blanks();
        if (!more()) return false;
        if (!at_line_end() && !is_comment()) {
            at_ = record_;
            break;
        }
        pass_line();
    }
    line_ = current_line_;
    fields_.clear();
    for (;;) {
        if (take_plain_fields()) break;
        pass_blanks();
        if (separator_ == ' ' && at_line_end()) break;
        fields_.push_back(more() && text_[at_] == '"' ? quoted_field() : plain_field());
        pass_blanks();
        if (at_line_end()) break;
        if (separator_ != ' ') ++at_;
    }
    if (more()) pass_line_end();
    return true;
}

/// Takes fields as long as they are what most are: without quotes or blanks at their beginning, and held as a whole.
/// True at the end of the line; false where a field begins that wants a closer look.
bool Records::take_plain_fields() {
    if (separator_ == ' ') return false;
    const LetterMarks ends({separator_, '\n', '\r'});
    const char* const text = text_.data();
    const char* const last = text + end_;
    const char* begin = text + at_;
    const char* block = begin;
    for (std::uint64_t marks = ends.in(block);;) {
        at_ = static_cast<std::size_t>(begin - text);
        if (*begin == '"' || *begin == ' ' || *begin == '\t') return false;
        for (; marks == 0 && block < last; marks = ends.in(block)) block += LetterMarks::bytes;
        const char* const letter = block + std::countr_zero(marks);
        if (marks == 0 || letter >= last) return false;
        marks &= marks - 1;
        fields_.push_back(trimmed({begin, static_cast<std::size_t>(letter - begin)}));
        if (*letter != separator_) {
            at_ = static_cast<std::size_t>(letter - text);
            return true;
        }
        begin = letter + 1;
    }
}

std::string_view Records::quoted_field() {
    const std::size_t opened = current_line_;
    const std::size_t begin = ++at_;
    std::size_t end = begin;  // of the content, which moves up over the quotes that stand for one
    for (;; ++at_) {
        if (!more()) {
            fail(Failure::data, "{}, line {}: a quote is opened and never closed; close or remove it", name_, opened);
        }
        if (text_[at_] == '"') {
            ++at_;
            if (!more() || text_[at_] != '"') break;
        }
        if (text_[at_] == '\n') ++current_line_;
        text_[end++] = text_[at_];
    }
    const bool blank_follows = more() && (text_[at_] == ' ' || text_[at_] == '\t');
    pass_blanks();
    const bool goes_on = !at_line_end() && text_[at_] != separator_ && !(separator_ == ' ' && blank_follows);
    if (goes_on) {
        fail(Failure::data, "{}, line {}: text follows a closing quote; write a quote within quotes twice", name_,
             current_line_);
    }
    return trimmed(std::string_view(text_).substr(begin, end - begin));
}

std::string_view Records::plain_field() {
    const std::size_t begin = at_;
    do {
        const char* letter = text_.data() + at_;
        while (!ends_field_[static_cast<unsigned char>(*letter)]) ++letter;
        at_ = static_cast<std::size_t>(letter - text_.data());
    } while (at_ == end_ && read_on());
    return trimmed(std::string_view(text_).substr(begin, at_ - begin));
}

}  // namespace ensemble::data
