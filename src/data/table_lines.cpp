#include "data/table_lines.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/field.hpp"
#include "data/file_bytes.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

constexpr std::size_t lines_to_look_at = 101;  // the first, and a hundred to hold it against

/// How many fields at the end of `fields` are empty.
std::size_t empty_at_end(const Fields& fields) {
    const auto last = std::find_if(fields.rbegin(), fields.rend(), [](auto field) { return !field.empty(); });
    return static_cast<std::size_t>(last - fields.rbegin());
}

}  // namespace

TableLines::TableLines(const std::filesystem::path& path, std::vector<std::string>& notes)
    : file_(path.string()), records_(FileBytes(path).read_text(), file_) {
    look_ahead(lines_to_look_at);
    settle_width(notes);
    refuse_lines_above(file_, head_, separator_name());
}

TableLines::TableLines(FileBytes stream, std::size_t look, std::vector<std::string>& notes)
    : file_(stream.path().string()),
      stream_(std::make_unique<FileBytes>(std::move(stream))),
      records_([this](std::span<char> out) { return stream_->read_some(std::as_writable_bytes(out)); }, file_,
               Records::Window{.head = look - 1}) {
    look_ahead(look);
    settle_width(notes);
    refuse_lines_above(file_, head_, separator_name());
}

void TableLines::look_ahead(std::size_t most) {
    while (head_.size() < most && next()) {
        Line line{.fields = {fields().begin(), fields().end()}, .number = number()};
        for (std::string_view& field : line.fields) {
            if (stream_ != nullptr) field = held_.emplace_back(field);
        }
        head_.push_back(std::move(line));
    }
    if (head_.empty()) fail(Failure::data, "{}: holds no rows; give a table with numbers", file_);
}

/// Many programs end every line with a separator: what would be columns behind it are none.
void TableLines::settle_width(std::vector<std::string>& notes) {
    if (separator() == ' ' || head_.size() < 2) return;
    const bool first_is_shorter = head_[1].fields.size() == width() + 1;
    std::size_t empty = first_is_shorter ? 1 : empty_at_end(head_.front().fields);
    for (std::size_t i = 1; i < head_.size(); ++i) {
        if (head_[i].fields.size() != head_[1].fields.size()) return;
        empty = std::min(empty, empty_at_end(head_[i].fields));
    }
    if (empty == 0 || (!first_is_shorter && head_[1].fields.size() != width())) return;
    for (std::size_t i = first_is_shorter ? 1 : 0; i < head_.size(); ++i) {
        head_[i].fields.resize(head_[i].fields.size() - empty);
    }
    left_out_ = empty;
    notes.push_back(fmt::format("{}: every line ends with {} of its {}; what would be {} behind is left out", file_,
                                empty == 1 ? "one" : std::to_string(empty), separator_name(),
                                empty == 1 ? "a column" : "columns"));
}

std::span<const std::string_view> TableLines::row() const {
    if (left_out_ == 0 || fields().size() != width() + left_out_) return fields();
    const auto end = fields().subspan(width());
    const auto full = std::ranges::find_if(end, [](auto field) { return !field.empty(); });
    if (full != end.end()) {
        fail(Failure::data,
             "{}, line {}: ends with the field '{}', where the lines before end with one of the {} and nothing "
             "behind; every row needs the same columns",
             file_, number(), excerpt(*full), separator_name());
    }
    return fields().first(width());
}

std::string TableLines::note_comments() const {
    const auto lines = records_.likely_comments();
    if (lines.empty()) return "";
    return fmt::format(
        "{}, line {}{}: taken for a comment and passed over, although it has as many fields as the "
        "rows; write its first field in double quotes if it is a row",
        file_, lines.front(), lines.size() == 1 ? "" : fmt::format(" and {} more", lines.size() - 1));
}

}  // namespace ensemble::data
