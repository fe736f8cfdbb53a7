#include "api/memory_rows.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "data/field.hpp"

namespace ensemble::api {
namespace {

using core::fail;
using core::Failure;

}  // namespace

void require_rows(const Matrix& matrix) {
    if (matrix.columns() > 0 && matrix.size() % matrix.columns() == 0) return;
    fail(Failure::usage, "{} numbers do not make rows of {}; a matrix has rows × columns of them", matrix.size(),
         matrix.columns());
}

void require_rows(const TextTable& table) {
    if (!table.columns.empty() && table.fields.size() % table.columns.size() == 0) return;
    fail(Failure::usage, "{} fields do not make rows of {}; a table has a field for each column in every row",
         table.fields.size(), table.columns.size());
}

MatrixRows::MatrixRows(const Matrix& matrix, const data::ColumnFields& fields, bool takes_gaps)
    : MemoryRows(matrix.rows()), matrix_(matrix), takes_gaps_(takes_gaps) {
    require_rows(matrix);
    const auto columns = fields.columns();
    if (matrix.columns() != columns.size()) {
        fail(Failure::usage, "rows of {} numbers are to be predicted, but the networks were trained with {} columns",
             matrix.columns(), columns.size());
    }
    const auto words = std::ranges::find(columns, data::ColumnKind::category, &data::Column::kind);
    if (words == columns.end()) return;
    fail(Failure::usage, "the column '{}' holds categories, which numbers do not name: predict rows of a TextTable",
         words->name);
}

template <class Value>
void MatrixRows::copy(std::span<const Value> values, std::size_t first, std::span<double> out,
                      Predictions& counts) const {
    const auto own = values.subspan(first * matrix_.columns(), out.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
        out[i] = double{own[i]};
        if (std::isfinite(own[i])) continue;
        const bool is_gap = std::isnan(own[i]);
        if (!is_gap || !takes_gaps_) {
            fail(Failure::data, "row {}, column {}: is {}, which is no number to predict from",
                 first + i / matrix_.columns() + 1, i % matrix_.columns() + 1, own[i]);
        }
        ++counts.missing;
    }
}

void MatrixRows::read(std::size_t first, std::size_t count, std::span<double> out, Predictions& counts) const {
    const auto room = out.first(count * matrix_.columns());
    matrix_.doubles().empty() ? copy(matrix_.floats(), first, room, counts)
                              : copy(matrix_.doubles(), first, room, counts);
}

TableRows::TableRows(const TextTable& table, const data::ColumnFields& fields)
    : MemoryRows(table.rows()), table_(table), fields_(fields) {
    require_rows(table);
    std::vector<std::string> missing;
    for (const data::Column& column : fields.columns()) {
        // Names of columns are kept as people may see them.
        const auto is_it = [&](const std::string& name) {
            return name == column.name || core::printable(name) == column.name;
        };
        const auto found = std::ranges::find_if(table.columns, is_it);
        if (found == table.columns.end()) {
            missing.push_back(column.name);
            continue;
        }
        if (std::find_if(found + 1, table.columns.end(), is_it) != table.columns.end()) {
            fail(Failure::data, "the table has several columns '{}', so that it is not clear which one is meant",
                 data::excerpt(column.name));
        }
        places_.push_back(static_cast<std::size_t>(found - table.columns.begin()));
    }
    if (missing.empty()) return;
    fail(Failure::data, "the table lacks the column{} '{}', which the networks were trained with",
         missing.size() == 1 ? "" : "s", fmt::join(missing, "', '"));
}

void TableRows::read(std::size_t first, std::size_t count, std::span<double> out, Predictions& counts) const {
    using Found = data::ColumnFields::Found;
    const std::size_t width = table_.columns.size();
    for (std::size_t row = first; row < first + count; ++row) {
        for (std::size_t column = 0; column < places_.size(); ++column) {
            const std::string& field = table_.fields[row * width + places_[column]];
            double& value = out[(row - first) * places_.size() + column];
            const Found found = fields_.read(column, data::trimmed(field), value);
            counts.missing += found == Found::gap ? 1 : 0;
            counts.unknown_levels += found == Found::unknown ? 1 : 0;
            if (found != Found::nonsense) continue;
            fail(Failure::data,
                 "row {}, column '{}': '{}' is not a number; the networks were trained with numbers there", row + 1,
                 fields_.columns()[column].name, data::excerpt(field));
        }
    }
}

}  // namespace ensemble::api
