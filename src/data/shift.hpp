#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compute/image_warp.hpp"
#include "core/random.hpp"
#include "data/dataset.hpp"

namespace ensemble::data {

/// What the numbers of a row are to a shift.
enum class RowKind : std::uint8_t {
    image,   ///< pixels, which have neighbours
    numbers  ///< each something of its own
};

/// A row that a shift changes.
struct ShiftedRow {
    std::span<float> values;  ///< as a network sees them
    double by = 0;            ///< how far
    /// By the row's numbers in turn, deviations over the training rows: of each feature, or one of all.
    std::span<const float> deviations;
    core::RandomStream random;  ///< of this row and kind of shift alone, however far
    compute::ImageWarp* warp;   ///< of images
};

/// A way in which rows may come to differ from those of training.
struct ShiftKind {
    std::string_view name;  ///< as people ask for it: "rotate"
    RowKind rows;           ///< what it changes
    std::string_view unit;  ///< of how far: "degrees"
    std::string_view text;  ///< what is done, in a line
    double low;             ///< how far it may go
    double high;
    void (*apply)(ShiftedRow& row);
};

/// All of them; a name stands there for each kind of rows that has such a shift. A new one is an entry there.
[[nodiscard]] std::span<const ShiftKind> shift_kinds() noexcept;

/// Null where rows of this kind have no shift of that name.
[[nodiscard]] const ShiftKind* find_shift(std::string_view name, RowKind rows) noexcept;

/// What a shift has to know of the data.
struct ShiftBasis {
    std::vector<float> deviations;  ///< see deviations_of()
    float background = 0;           ///< what is beyond an image's border
    std::uint64_t seed = 1;
};

/// Standard deviations over some rows of a table, as a network sees them: of images one of all pixels, else of each
/// place on the last axis (the features of a table, or of a step of a sequence). Of an encoded table those of its
/// columns as they are read, of categories 0.
[[nodiscard]] std::vector<float> deviations_of(const Table& table, std::span<const std::uint32_t> rows, RowKind kind);

/// The rows of a table, each changed when it is gathered, by random numbers that belong to it; those of an encoded
/// table before they are encoded.
class ShiftedRows final : public RowMaker {
public:
    /// `table` and `kind` must outlive it. REQUIRES: kind.low <= by <= kind.high.
    ShiftedRows(const Table& table, const ShiftKind& kind, double by, ShiftBasis basis);

    void gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const override;

private:
    void change(std::uint32_t row, std::span<float> values, compute::ImageWarp* warp) const;

    const Table* table_;
    const ShiftKind* kind_;
    double by_;
    ShiftBasis basis_;
};

}  // namespace ensemble::data
