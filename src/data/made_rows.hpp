#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "data/dataset.hpp"

namespace ensemble::data {

/// The rows of another table than the one that a view names.
class ForeignRows final : public RowMaker {
public:
    /// `table` must outlive it.
    explicit ForeignRows(const Table& table) : table_(&table) {}

    void gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const override {
        table_->gather(chosen, out, stride);
    }

private:
    const Table* table_;
};

/// A rectangle of the plane, cut into cells.
struct Grid {
    double x_low = 0;
    double x_high = 1;
    double y_low = 0;
    double y_high = 1;
    std::size_t columns = 1;
    std::size_t rows = 1;

    [[nodiscard]] std::size_t cells() const noexcept { return columns * rows; }
};

/// The centres of a grid's cells, as rows of two features: row i is that of column i mod columns, the lowest y first.
/// With an encoder they are two numbers of a table, which are encoded.
class GridRows final : public RowMaker {
public:
    explicit GridRows(const Grid& grid, std::shared_ptr<const RowEncoder> encoder = {})
        : grid_(grid), encoder_(std::move(encoder)) {}

    void gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const override;

private:
    Grid grid_;
    std::shared_ptr<const RowEncoder> encoder_;
};

/// Some rows of a table, again and again, each time with the features of one column handed out anew among them.
/// Row (column · repeats + repeat) · rows + i is the i-th of them; its column has the values of another of them, by an
/// order that is a function of (seed, column, repeat). Breiman: "Random forests", Machine Learning 45 (2001), 5–32.
class ShuffledRows final : public RowMaker {
public:
    /// `columns` are the features of each column, which follow one another. `table` must outlive it.
    ShuffledRows(const Table& table, std::vector<std::uint32_t> rows, const std::vector<std::size_t>& columns,
                 std::size_t repeats, std::uint64_t seed);

    [[nodiscard]] std::size_t count() const noexcept { return orders_.size() * rows_.size(); }

    void gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const override;

private:
    const Table* table_;
    std::vector<std::uint32_t> rows_;
    std::vector<std::size_t> bounds_;  ///< where the features of each column begin, and the end
    std::size_t repeats_;
    std::vector<std::vector<std::uint32_t>> orders_;  ///< [columns × repeats] rows whose values each row gets
};

}  // namespace ensemble::data
