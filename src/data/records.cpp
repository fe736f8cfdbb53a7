#include "data/records.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.hpp"

namespace data {
namespace {

using core::fail;
using core::Failure;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
std::string_view without_mark(std::string_view text) {
    return text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
}

constexpr std::size_t lines_to_look_at = 20;
constexpr std::array<char, 3> separators{'\t', ';', ','};

/// How often each separator stands outside quotes in one of the first records.
using Counts = std::array<std::size_t, separators.size()>;

std::vector<Counts> count_separators(std::string_view text) {
    std::vector<Counts> lines;
    Counts counts{};
    bool in_quotes = false;
    bool blank = true;
    bool field_begins = true;  // only there, a quote opens
    for (std::size_t i = 0; i <= text.size() && lines.size() < lines_to_look_at; ++i) {
        const bool ends = i == text.size() || (!in_quotes && (text[i] == '\n' || text[i] == '\r'));
        if (ends) {
            if (!blank) lines.push_back(counts);
            counts = {};
            blank = field_begins = true;
        } else if (blank && text[i] == '#') {
            while (i + 1 < text.size() && text[i + 1] != '\n' && text[i + 1] != '\r') ++i;
        } else {
            const bool is_blank = text[i] == ' ' || text[i] == '\t';
            if (text[i] == '"' && (in_quotes || field_begins)) in_quotes = !in_quotes;
            if (!is_blank) blank = false;
            const auto* const found = std::ranges::find(separators, text[i]);
            const bool separates = !in_quotes && found != separators.end();
            if (separates) ++counts.at(static_cast<std::size_t>(found - separators.begin()));
            field_begins = separates || (field_begins && is_blank);
        }
    }
    return lines;
}

/// The first separator that stands equally often in all lines, else the most frequent one of the first line, else white
/// space.
char detect_separator(std::string_view text) {
    const std::vector<Counts> lines = count_separators(text);
    if (lines.empty()) return ' ';
    for (std::size_t i = 0; i < separators.size(); ++i) {
        const std::size_t count = lines.front().at(i);
        if (count > 0 && std::ranges::all_of(lines, [&](const Counts& line) { return line.at(i) == count; })) {
            return separators.at(i);
        }
    }
    // Tabs that stand irregularly are blanks.
    const auto* const most = std::max_element(lines.front().begin() + 1, lines.front().end());
    return *most > 0 ? separators.at(static_cast<std::size_t>(most - lines.front().begin())) : ' ';
}

}  // namespace

Records::Records(std::string text, std::string name)
    : text_(std::move(text)), name_(std::move(name)), separator_(detect_separator(without_mark(text_))) {
    if (const std::size_t zero = text_.find('\0'); zero != std::string::npos) {
        fail(Failure::data,
             "{}: byte {} is zero, so this is not a text table; give a .csv in UTF-8, a .npy, or a "
             "directory of IDX files",
             name_, zero);
    }
    at_ = text_.size() - without_mark(text_).size();
}

std::string_view Records::separator_name() const noexcept {
    switch (separator_) {
        case '\t':
            return "tabs";
        case ';':
            return "semicolons";
        case ',':
            return "commas";
        default:
            return "white space";
    }
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

bool Records::next() {
    for (;; pass_line_end()) {
        const std::size_t begin = at_;
        pass_blanks();
        if (at_ == text_.size()) return false;
        const bool comment = text_[at_] == '#';
        if (comment) {
            while (!at_line_end()) ++at_;
        } else if (!at_line_end()) {
            at_ = begin;
            break;
        }
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
    const bool blank_follows = ++at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t');
    pass_blanks();
    const bool goes_on = !at_line_end() && text_[at_] != separator_ && !(separator_ == ' ' && blank_follows);
    if (goes_on) {
        fail(Failure::data, "{}, line {}: text follows a closing quote; write a quote within quotes twice", name_,
             current_line_);
    }
    return std::string_view(text_).substr(begin, end - begin);
}

std::string_view Records::plain_field() {
    const std::size_t begin = at_;
    const auto ends = [&] {
        return at_line_end() || text_[at_] == separator_ || (separator_ == ' ' && text_[at_] == '\t');
    };
    while (!ends()) ++at_;
    std::size_t end = at_;
    while (end > begin && (text_[end - 1] == ' ' || text_[end - 1] == '\t')) --end;
    return std::string_view(text_).substr(begin, end - begin);
}

}  // namespace data
