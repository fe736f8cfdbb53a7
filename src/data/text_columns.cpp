#include "data/text_columns.hpp"

#include "core/error.hpp"
#include "data/column_roles.hpp"
#include "data/first_line.hpp"
#include "data/left_out.hpp"
#include "data/same_columns.hpp"
#include "data/table_lines.hpp"
#include "data/table_rows.hpp"

namespace ensemble::data {
namespace {

[[noreturn]] void refuse_one_column(const TableLines& lines) {
    core::fail(core::Failure::data,
               "{}, line {}: has one column, but a table needs features and a target; separate fields by commas, "
               "semicolons, tabs, | or blanks",
               lines.file(), lines.head().front().number);
}

/// The head of a table as has_header() looks at it.
FirstLines first_lines(const TableLines& lines, const std::vector<std::string>& first) {
    FirstLines look{.file = lines.file(), .number = lines.head().front().number, .first = first, .below = {}};
    for (const Line& line : lines.head().subspan(1)) look.below.push_back(line.fields);
    return look;
}

}  // namespace

Columns read_columns(const std::filesystem::path& path, const ColumnChoice& choice, const Columns* like) {
    Columns columns;
    TableLines lines(path, columns.notes);
    const Fields& fields = lines.head().front().fields;
    const std::vector<std::string> first(fields.begin(), fields.end());
    columns.file = lines.file();
    columns.count = first.size();
    if (like != nullptr) {
        require_same_count(lines, first, *like);
    } else if (columns.count < 2) {
        refuse_one_column(lines);
    }
    if (has_header(first_lines(lines, first), choice, like, columns.notes)) columns.header = first;
    if (like != nullptr) {
        require_same_names(lines, columns.header, *like, choice.header);
        take_roles(columns, *like);
    } else {
        choose_roles(columns, choice, first);
    }
    read_rows(lines, path, choice, like, columns);
    if (like == nullptr) leave_out(columns);
    if (const std::string note = lines.note_comments(); !note.empty()) columns.notes.push_back(note);
    return columns;
}

}  // namespace ensemble::data
