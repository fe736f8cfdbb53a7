#include "data/column_fields.hpp"

#include <limits>
#include <utility>

#include "data/field.hpp"
#include "data/number.hpp"

namespace ensemble::data {

ColumnFields::ColumnFields(std::vector<Column> columns) : columns_(std::move(columns)), levels_(columns_.size()) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].kind == ColumnKind::category) levels_[i].emplace(columns_[i].levels);
    }
}

ColumnFields::Found ColumnFields::read(std::size_t column, std::string_view field, double& value) const {
    const std::optional<Levels>& levels = levels_[column];
    if (!levels && parse_feature(field, value)) return Found::value;
    if (is_gap(field)) {
        value = std::numeric_limits<double>::quiet_NaN();
        return Found::gap;
    }
    if (!levels) return Found::nonsense;
    const std::optional<std::size_t> place = levels->find(field);
    value = place ? static_cast<double>(*place) : unknown_level;
    return place ? Found::value : Found::unknown;
}

}  // namespace ensemble::data
