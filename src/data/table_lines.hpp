#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/file_bytes.hpp"
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

    /// The same of a text that comes piece by piece; a line beyond the head is valid until next(). `look` is how many
    /// lines are waited for.
    TableLines(FileBytes stream, std::size_t look, std::vector<std::string>& notes);

    /// How messages call the file.
    [[nodiscard]] const std::string& file() const noexcept { return file_; }

    /// The first lines, never empty, without what is left out.
    [[nodiscard]] std::span<const Line> head() const noexcept { return head_; }

    /// Whether next() need not wait for more of the text.
    [[nodiscard]] bool has_line() const { return records_.has_line() || stream_->has_more(); }

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
    void look_ahead(std::size_t most);
    void settle_width(std::vector<std::string>& notes);
    [[nodiscard]] std::size_t width() const noexcept { return head_.front().fields.size(); }

    std::string file_;
    std::unique_ptr<FileBytes> stream_;  ///< null where the text is held as a whole
    Records records_;
    std::deque<std::string> held_;  ///< fields of the head, where records_ does not keep them
    std::vector<Line> head_;        ///< whose fields lie in records_, or are held
    std::size_t left_out_ = 0;      ///< empty fields at the end of every line
};

}  // namespace ensemble::data
