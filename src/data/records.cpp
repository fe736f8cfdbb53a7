#include "data/records.hpp"

#include <utility>

#include "core/error.hpp"
#include "data/comments.hpp"
#include "data/content.hpp"
#include "data/field.hpp"
#include "data/separators.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
std::string_view without_mark(std::string_view text) {
    return text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
}

}  // namespace

Records::Records(std::string text, std::string name, char separator)
    : text_(std::move(text)), name_(std::move(name)), separator_(separator) {}

Records::Records(std::string text, std::string name) : Records(std::move(text), std::move(name), ' ') {
    if (const auto foreign = foreign_content(without_mark(text_)); !foreign.empty()) {
        fail(Failure::data, "{}: {}", name_, foreign);
    }
    if (const auto encoding = wide_encoding(text_); !encoding.empty()) {
        fail(Failure::data, "{}: {}, as some programs export text; save it as UTF-8, for example as 'CSV UTF-8'", name_,
             encoding);
    }
    if (const std::size_t zero = text_.find('\0'); zero != std::string::npos) {
        fail(Failure::data,
             "{}: byte {} is zero, so this is not a text table; give a .csv in UTF-8, a .npy, or a "
             "directory of IDX files",
             name_, zero);
    }
    at_ = text_.size() - without_mark(text_).size();
    if (const char declared = declared_separator(without_mark(text_)); declared != '\0') {
        separator_ = declared;
        while (!at_line_end()) ++at_;
        if (at_ < text_.size()) pass_line_end();
        if (const char seen = contradicting_separator(std::string_view(text_).substr(at_), declared); seen != '\0') {
            fail(Failure::data,
                 "{}, line 1: says sep={}, but the lines below are separated by {}; remove the line, or put it right",
                 name_, declared, name_of_separator(seen));
        }
    } else {
        separator_ = detect_separator(without_mark(text_));
    }
    // Now, since reading takes quotes out of the text.
    const std::string_view rest = std::string_view(text_).substr(at_);
    if (rest.find('#') != std::string_view::npos) rule_ = std::make_unique<const CommentRule>(rest, separator_);
}

Records::~Records() = default;

std::string_view Records::separator_name() const noexcept {
    return name_of_separator(separator_);
}

bool Records::at_line_end() const noexcept {
    return at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '\r';
}

void Records::pass_line_end() noexcept {
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    // \r\n is one line end, and so is an old Mac's \r.
    if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++current_line_;
}

void Records::pass_blanks() noexcept {
    while (at_ < text_.size() && (text_[at_] == ' ' || (text_[at_] == '\t' && separator_ != '\t'))) ++at_;
}

bool Records::is_comment() {
    if (!rule_ || text_[at_] != '#') return false;
    const std::string_view rest = std::string_view(text_).substr(at_);
    switch (rule_->judge(rest.substr(0, rest.find_first_of("\r\n")), line_ == 0)) {
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
        const std::size_t begin = at_;
        pass_blanks();
        if (at_ == text_.size()) return false;
        if (!at_line_end() && !is_comment()) {
            at_ = begin;
            break;
        }
        while (!at_line_end()) ++at_;
    }
    line_ = current_line_;
    fields_.clear();
    for (;;) {
        pass_blanks();
        if (separator_ == ' ' && at_line_end()) break;
        fields_.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted_field() : plain_field());
        pass_blanks();
        if (at_line_end()) break;
        if (separator_ != ' ') ++at_;
    }
    if (at_ < text_.size()) pass_line_end();
    return true;
}

std::string_view Records::quoted_field() {
    const std::size_t opened = current_line_;
    const std::size_t begin = ++at_;
    std::size_t end = begin;  // of the content, which moves up over the quotes that stand for one
    for (;; ++at_) {
        if (at_ == text_.size()) {
            fail(Failure::data, "{}, line {}: a quote is opened and never closed; close or remove it", name_, opened);
        }
        if (text_[at_] == '"') {
            if (at_ + 1 == text_.size() || text_[at_ + 1] != '"') break;
            ++at_;
        }
        if (text_[at_] == '\n') ++current_line_;
        text_[end++] = text_[at_];
    }
    ++at_;
    const bool blank_follows = at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t');
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
    const auto ends = [&] {
        return at_line_end() || text_[at_] == separator_ || (separator_ == ' ' && text_[at_] == '\t');
    };
    while (!ends()) ++at_;
    return trimmed(std::string_view(text_).substr(begin, at_ - begin));
}

}  // namespace ensemble::data
