#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/records.hpp"
#include "data/table_shape.hpp"

namespace ensemble::data {

/// The lines of a text table: the first hundred at once, which tell what the table looks like, the others one after
/// the other.
class TableLines {
public:
    /// Adds to `notes` what is left out of every line. Throws core::Error (data) for a file that is no text, that is
    /// empty, or that has a title above its table.
    TableLines(const std::filesystem::path& path, std::vector<std::string>& notes);

    /// How messages call the file.
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

    /// The first lines, never empty, without what is left out.
    [[nodiscard]] std::span<const Line> head() const noexcept { return head_; }

    /// Goes to the next line behind the head; false at the end. Throws core::Error (data).
    [[nodiscard]] bool next() { return records_.next(); }

    /// Its fields as they are written.
    [[nodiscard]] std::span<const std::string_view> fields() const noexcept { return records_.fields(); }

    /// Its fields without what is left out. Throws core::Error (data) if that is not empty here.
    [[nodiscard]] std::span<const std::string_view> row() const;

    [[nodiscard]] std::size_t number() const noexcept { return records_.line(); }

    [[nodiscard]] char separator() const noexcept { return records_.separator(); }
    [[nodiscard]] std::string_view separator_name() const noexcept { return records_.separator_name(); }

    /// Says which of the lines so far are comments that might be rows; empty if none.
    [[nodiscard]] std::string note_comments() const;

private:
    void look_ahead();
    void settle_width(std::vector<std::string>& notes);
    [[nodiscard]] std::size_t width() const noexcept { return head_.front().fields.size(); }

    std::string file_;
    Records records_;
    std::vector<Line> head_;    ///< whose fields lie in records_
    std::size_t left_out_ = 0;  ///< empty fields at the end of every line
};

}  // namespace ensemble::data
