#include "run/describe.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "config/experiment.hpp"
#include "core/printable.hpp"
#include "core/text.hpp"
#include "data/describe.hpp"
#include "data/source.hpp"

namespace ensemble::run {
namespace {

using Cells = std::vector<std::string>;

std::string aligned(const std::vector<Cells>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const Cells& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], core::columns(row[i]));
    }
    std::string text;
    for (const Cells& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += row[i] + std::string(widths[i] - core::columns(row[i]) + 2, ' ');
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

}  // namespace

std::string describe(const config::Options& options) {
    data::TextRequest request = data::text_request(config::data_request(options));
    const std::string& sequence = options.preprocessing.sequence_column;
    if (!sequence.empty()) request.ignore += (request.ignore.empty() ? "" : ",") + sequence;  // which is no feature
    const data::TableDescription table = data::describe_table(request);
    std::vector<Cells> rows{{"", "column", "is", "holds", "missing", ""}};
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const data::ColumnDescription& column = table.columns[i];
        rows.push_back({std::to_string(i + 1), column.name, column.role, core::printable(column.values),
                        column.missing == 0 ? "" : core::grouped(column.missing), column.remark});
    }
    std::string text =
        fmt::format("{}: {}, {} columns{}; {}\n\n{}", core::printable(table.file), core::counted(table.rows, "row"),
                    table.columns.size(), table.has_header ? " named by the first line" : " without names", table.task,
                    aligned(rows));
    if (!table.notes.empty()) text += '\n';
    for (const std::string& note : table.notes) text += "note: " + core::printable(note) + '\n';
    return text;
}

}  // namespace ensemble::run
