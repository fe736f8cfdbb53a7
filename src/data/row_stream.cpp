#include "data/row_stream.hpp"

#include <algorithm>

namespace ensemble::data {

void RowBlock::clear() {
    rows = 0;
    values.clear();
    truth.clear();
    kept.clear();
    kept_ends.clear();
}

std::string_view RowBlock::kept_of(std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : kept_ends[row - 1];
    return std::string_view(kept).substr(begin, kept_ends[row] - begin);
}

void append_csv_field(std::string& line, std::string_view field) {
    const bool is_plain = field.find_first_of(",\"\r\n") == std::string_view::npos &&
                          (field.empty() || (field.front() != ' ' && field.back() != ' ' && field.front() != '#'));
    if (is_plain) {
        line += field;
        return;
    }
    line += '"';
    for (const char letter : field) {
        if (letter == '"') line += '"';
        line += letter;
    }
    line += '"';
}

}  // namespace ensemble::data
