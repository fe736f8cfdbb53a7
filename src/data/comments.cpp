#include "data/comments.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "data/field.hpp"
#include "data/number.hpp"
#include "data/records.hpp"
#include "data/separators.hpp"

namespace ensemble::data {
namespace {

constexpr std::size_t lines_to_learn_from = 100;

using Row = std::vector<std::string>;

/// The fields of one line; none if it is no record.
Row split(std::string_view line, char separator) {
    try {
        Records records(std::string(line), "", separator);
        if (records.next()) return {records.fields().begin(), records.fields().end()};
    } catch (const core::Error&) {
        // A quote in a comment that nobody closes.
    }
    return {};
}

bool has_blank_behind_mark(std::string_view line) {
    return line.size() < 2 || line[1] == ' ' || line[1] == '\t' || line[1] == '#' || line[1] == '!';
}

bool is_value(const std::string& field) {
    return parse_feature(field).has_value() || is_gap(field);
}

}  // namespace

CommentRule::CommentRule(std::string_view text, char separator) : separator_(separator) {
    std::vector<Row> rows;
    for (const std::string_view line : first_records(text, lines_to_learn_from, false)) {
        rows.push_back(split(line, separator));
    }
    const bool only_marked = rows.empty();
    if (only_marked && separator != ' ') {
        for (const std::string_view line : first_records(text, lines_to_learn_from, true)) {
            if (!has_blank_behind_mark(line)) rows.push_back(split(line, separator));
        }
    }
    if (rows.empty()) return;
    // A separator at the end of every row, or R's names of rows, make rows longer than their header.
    header_count_ = rows.front().size();
    count_ = rows.size() > 1 ? rows[1].size() : header_count_;
    is_numeric_.assign(std::max(count_, header_count_), rows.size() > 1);
    for (std::size_t row = 1; row < rows.size(); ++row) {
        for (std::size_t i = 0; i < is_numeric_.size(); ++i) {
            is_numeric_[i] = is_numeric_[i] && i < rows[row].size() && is_value(rows[row][i]);
        }
    }
    for (std::size_t i = 0; i < is_numeric_.size(); ++i) {
        // Nothing at all, as behind a separator at the end of every line, is no number.
        is_numeric_[i] = is_numeric_[i] && std::ranges::any_of(rows.begin() + 1, rows.end(), [&](const Row& row) {
                             return parse_feature(row[i]).has_value();
                         });
    }
    for (std::size_t i = 0; i < header_count_; ++i) {
        has_header_ = has_header_ || (is_numeric_[i] && !is_value(rows[0][i]));
    }
    // A file of comments alone has no numbers in columns.
    if (only_marked && std::ranges::count(is_numeric_, true) == 0) count_ = header_count_ = 0;
    if (only_marked) return;
    for (const Row& row : rows) {
        if (!row.empty()) leading_.insert(row.front());
    }
}

Row CommentRule::fields_of(std::string_view line) const {
    Row fields = split(line, separator_);
    // Between blanks, a mark that stands alone is no field.
    if (separator_ == ' ' && fields.size() > 1 && fields.front() == "#" && !is_count(fields.size())) {
        fields.erase(fields.begin());
        fields.front().insert(0, "#");
    }
    return fields;
}

/// `first` is the first field without its mark.
bool CommentRule::has_number(std::span<const std::string> fields, std::string_view first) const {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (is_numeric_[i] && parse_feature(i == 0 ? first : std::string_view(fields[i]))) return true;
    }
    return false;
}

bool CommentRule::fits(std::span<const std::string> fields) const {
    for (std::size_t i = 1; i < fields.size(); ++i) {
        if (is_numeric_[i] && !is_value(fields[i])) return false;
    }
    return true;
}

CommentRule::Kind CommentRule::judge(std::string_view line, bool is_first) const {
    const Row fields = fields_of(line);
    if (fields.size() < 2 || !is_count(fields.size())) return Kind::comment;
    const std::string_view rest = std::string_view(fields.front()).substr(1);
    const Kind comment = is_first ? Kind::comment : Kind::likely_comment;
    const bool is_spaced = has_blank_behind_mark(line);
    // What a spreadsheet shows for a value that it cannot show: the row is one, whatever else is in it.
    if (is_gap(fields.front()) || (separator_ != ' ' && rest.find_first_not_of('#') == std::string_view::npos)) {
        return Kind::row;
    }
    if (!fits(fields)) {
        // A row in which a value is written oddly, and that somebody has taken out.
        if (is_spaced && !(is_first && has_header_) && has_number(fields, trimmed(rest))) return Kind::doubt;
        if (is_spaced) return comment;
        // Names, as some sciences mark them, where nothing else names the columns.
        if (is_first) return has_header_ ? Kind::comment : Kind::row;
        return Kind::doubt;
    }
    const bool has_numbers = std::find(is_numeric_.begin() + 1, is_numeric_.end(), true) != is_numeric_.end();
    const bool is_numbers_row = is_numeric_[0] && parse_feature(trimmed(rest)).has_value();
    if (!has_numbers && is_spaced && !is_numbers_row) return comment;
    if (!has_numbers && is_numeric_[0] && !is_numbers_row) return comment;
    // A row that somebody has taken out looks so, too.
    const bool is_known = leading_.contains(std::string(trimmed(rest)));
    return is_spaced || is_numbers_row || is_known ? Kind::doubt : Kind::row;
}

}  // namespace ensemble::data
