#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ensemble::data {

/// The columns of a table, as options call them.
struct ColumnNames {
    std::string file;  ///< for messages
    std::size_t count = 0;
    std::vector<std::string> names;  ///< empty if the file has no header
    std::vector<std::string> first;  ///< the fields of its first line, header or not
};

/// One column as an option writes it.
struct WantedColumn {
    std::string text;
    bool is_quoted = false;  ///< a name, never a number

    /// Digits alone: it may be a number, counted from 1.
    [[nodiscard]] bool may_be_number() const;
};

/// The columns in `list`: names or numbers with commas between them; a name that has commas or blanks at its ends
/// stands in double quotes. Throws core::Error (usage) saying what is wrong with `list`.
[[nodiscard]] std::vector<WantedColumn> parse_columns(std::string_view list);

/// The columns that --target wants, in the order of `text`: the one that is called so as a whole, where the table's
/// first line has that name, else a list as above. Throws core::Error (usage).
[[nodiscard]] std::vector<WantedColumn> wanted_targets(const std::string& text, const std::vector<std::string>& first);

/// The place of the column that `option` wants: of that name, else of that number. Throws core::Error (usage).
[[nodiscard]] std::size_t find_column(std::string_view option, const WantedColumn& wanted, const ColumnNames& columns);

/// "column 3 ('age')", counted from 1.
[[nodiscard]] std::string column_name(const std::vector<std::string>& names, std::size_t column);

/// "--use age": an option about the column, as a shell takes it.
[[nodiscard]] std::string column_option(std::string_view option, const std::vector<std::string>& names,
                                        std::size_t column);

/// "--ignore age": the option that leaves the column out.
[[nodiscard]] std::string ignore_option(const std::vector<std::string>& names, std::size_t column);

}  // namespace ensemble::data
