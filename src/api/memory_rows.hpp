#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <ensemble/ensemble.hpp>

#include "data/column_fields.hpp"

namespace ensemble::api {

/// Rows in memory that are to be predicted, as a model reads rows.
class MemoryRows {
public:
    explicit MemoryRows(std::size_t rows) : rows_(rows) {}
    virtual ~MemoryRows() = default;
    MemoryRows(const MemoryRows&) = delete;
    MemoryRows& operator=(const MemoryRows&) = delete;

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

    /// Writes rows [first, first + count) to `out` [count × columns of the model], as data::Column has them, and counts
    /// what is missing or unknown. Throws core::Error (data) with row and column.
    virtual void read(std::size_t first, std::size_t count, std::span<double> out, Predictions& counts) const = 0;

private:
    std::size_t rows_;
};

/// Numbers in the order of the model's columns.
class MatrixRows final : public MemoryRows {
public:
    /// `takes_gaps`: NaN is a missing value. Throws core::Error (usage) where the columns are not the model's.
    MatrixRows(const Matrix& matrix, const data::ColumnFields& fields, bool takes_gaps);

    void read(std::size_t first, std::size_t count, std::span<double> out, Predictions& counts) const override;

private:
    template <class Value>
    void copy(std::span<const Value> values, std::size_t first, std::span<double> out, Predictions& counts) const;

    const Matrix& matrix_;
    bool takes_gaps_;
};

/// Fields of a table whose columns have names.
class TableRows final : public MemoryRows {
public:
    /// Throws core::Error: usage for a table that has rows of different lengths, data where a column is missing or
    /// there are several of its name.
    TableRows(const TextTable& table, const data::ColumnFields& fields);

    void read(std::size_t first, std::size_t count, std::span<double> out, Predictions& counts) const override;

private:
    const TextTable& table_;
    const data::ColumnFields& fields_;
    std::vector<std::size_t> places_;  ///< of each of the model's columns among the table's
};

/// Throws core::Error (usage) unless the values make whole rows.
void require_rows(const Matrix& matrix);
void require_rows(const TextTable& table);

}  // namespace ensemble::api
