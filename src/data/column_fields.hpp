#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "data/column.hpp"
#include "data/levels.hpp"

namespace ensemble::data {

/// Takes the fields of rows of text for what Column has them: one way for whoever reads rows.
class ColumnFields {
public:
    /// What a field was found to be.
    enum class Found : std::uint8_t { value, gap, unknown, nonsense };

    explicit ColumnFields(std::vector<Column> columns);

    [[nodiscard]] std::span<const Column> columns() const noexcept { return columns_; }

    /// Sets `value` to the field's: a number, the place of a level, NaN of a gap, unknown_level of a level that is none
    /// of the column's. What is no number where one is wanted is nonsense. REQUIRES: column < columns().size().
    [[nodiscard]] Found read(std::size_t column, std::string_view field, double& value) const;

private:
    std::vector<Column> columns_;
    std::vector<std::optional<Levels>> levels_;  ///< of each column that is a category
};

}  // namespace ensemble::data
