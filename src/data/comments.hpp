#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ensemble::data {

/// Tells comments from rows whose first field begins with #, such as '#N/A', '#12' or '#ff8800', by the other lines: a
/// comment has another number of fields, or words where they have numbers. Among the rows, one that has their number of
/// fields is a likely comment only: not to be passed over in silence.
class CommentRule {
public:
    enum class Kind : std::uint8_t { comment, likely_comment, row, doubt };

    /// Learns from the first lines of `text`, a table whose fields are separated by `separator`.
    CommentRule(std::string_view text, char separator);

    /// `line` begins with #; `is_first` before all records.
    [[nodiscard]] Kind judge(std::string_view line, bool is_first) const;

private:
    [[nodiscard]] std::vector<std::string> fields_of(std::string_view line) const;
    [[nodiscard]] bool is_count(std::size_t fields) const noexcept {
        return fields == count_ || fields == header_count_;
    }
    [[nodiscard]] bool fits(std::span<const std::string> fields) const;
    [[nodiscard]] bool has_number(std::span<const std::string> fields, std::string_view first) const;

    char separator_;
    std::size_t count_ = 0;          ///< of fields in a row
    std::size_t header_count_ = 0;   ///< of fields in the first line
    std::vector<bool> is_numeric_;   ///< by column, below the first line
    bool has_header_ = false;        ///< the first line has words over numbers
    std::set<std::string> leading_;  ///< first fields
};

}  // namespace ensemble::data
