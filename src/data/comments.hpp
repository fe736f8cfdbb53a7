#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace data {

/// Tells comments from rows whose first field begins with #, such as '#N/A', '#12' or '#ff8800', by the other lines: a
/// comment has another number of fields, or words where they have numbers.
class CommentRule {
public:
    enum class Kind : std::uint8_t { comment, row, doubt };

    /// Learns from the first lines of `text`, a table whose fields are separated by `separator`.
    CommentRule(std::string_view text, char separator);

    /// `line` begins with #; `is_first` before all records.
    [[nodiscard]] Kind judge(std::string_view line, bool is_first) const;

private:
    [[nodiscard]] bool fits(std::span<const std::string> fields) const;

    char separator_;
    std::size_t count_ = 0;          ///< of fields
    std::vector<bool> is_numeric_;   ///< by column, below the first line
    bool has_header_ = false;        ///< the first line has words over numbers
    std::set<std::string> leading_;  ///< first fields
};

}  // namespace data
