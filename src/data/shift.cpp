#include "data/shift.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <optional>
#include <utility>

#include "core/contract.hpp"
#include "data/moments.hpp"

namespace ensemble::data {
namespace {

constexpr double half_turn = 180;
constexpr double most_pixels = 10'000;
constexpr double most_deviations = 1e6;

/// All rows alike, about the centre, clockwise.
void rotate(ShiftedRow& row) {
    row.warp->apply({.turn = row.by * std::numbers::pi / half_turn}, {}, row.values.data());
}

/// Each row in a direction of its own, the same however far.
void move(ShiftedRow& row) {
    const double direction = row.random.uniform(0, 2 * std::numbers::pi);
    row.warp->apply({.down = row.by * std::sin(direction), .right = row.by * std::cos(direction)}, {},
                    row.values.data());
}

/// The same noise however strong, so that steps of strength are told apart by less than chance.
void add_noise(ShiftedRow& row) {
    for (std::size_t i = 0; i < row.values.size(); ++i) {
        const double deviation = double{row.deviations[i % row.deviations.size()]};
        row.values[i] += static_cast<float>(row.by * deviation * row.random.normal());
    }
}

void add_deviations(ShiftedRow& row) {
    for (std::size_t i = 0; i < row.values.size(); ++i)
        row.values[i] += static_cast<float>(row.by * double{row.deviations[i % row.deviations.size()]});
}

constexpr std::array<ShiftKind, 5> kinds_table{{
    {.name = "rotate",
     .rows = RowKind::image,
     .unit = "degrees",
     .text = "images turn about their centre, clockwise",
     .low = -half_turn,
     .high = half_turn,
     .apply = rotate},
    {.name = "shift",
     .rows = RowKind::image,
     .unit = "pixels",
     .text = "images move so many pixels, each in a direction of its own",
     .low = 0,
     .high = most_pixels,
     .apply = move},
    {.name = "noise",
     .rows = RowKind::image,
     .unit = "standard deviations",
     .text = "normal noise on every pixel, in standard deviations of the pixels of training images",
     .low = 0,
     .high = most_deviations,
     .apply = add_noise},
    {.name = "shift",
     .rows = RowKind::numbers,
     .unit = "standard deviations",
     .text = "every feature grows by so many of its standard deviations over the training rows",
     .low = -most_deviations,
     .high = most_deviations,
     .apply = add_deviations},
    {.name = "noise",
     .rows = RowKind::numbers,
     .unit = "standard deviations",
     .text = "normal noise on every feature, in its standard deviations over the training rows",
     .low = 0,
     .high = most_deviations,
     .apply = add_noise},
}};

/// Of an encoded table's columns, over the rows in which they are not missing; of categories 0.
std::vector<float> deviations_as_read(const Table& table, std::span<const std::uint32_t> rows) {
    const std::vector<bool> measures = table.encoder()->measures();
    std::vector<float> deviations(measures.size(), 0.0F);
    for (std::size_t i = 0; i < measures.size(); ++i) {
        double seen = 0;
        double mean = 0;
        double squares = 0;
        for (const std::uint32_t row : rows) {
            const double value = table.stored_row(row)[i];
            if (!measures[i] || std::isnan(value)) continue;
            const double before = value - mean;
            mean += before / ++seen;
            squares += before * (value - mean);
        }
        if (seen > 0) deviations[i] = static_cast<float>(std::sqrt(squares / seen));
    }
    return deviations;
}

/// Part of the keys of random streams, and so of results: by name, whatever the order of the table.
std::uint32_t stream_of(std::string_view name) {
    std::uint32_t number = 0;
    for (const char letter : name) number = number * 31 + static_cast<unsigned char>(letter);
    return number;
}

}  // namespace

std::span<const ShiftKind> shift_kinds() noexcept {
    return kinds_table;
}

const ShiftKind* find_shift(std::string_view name, RowKind rows) noexcept {
    const auto* const found = std::ranges::find_if(
        kinds_table, [&](const ShiftKind& kind) { return kind.name == name && kind.rows == rows; });
    return found == kinds_table.end() ? nullptr : found;
}

std::vector<float> deviations_of(const Table& table, std::span<const std::uint32_t> rows, RowKind kind) {
    if (table.encoder() != nullptr) return deviations_as_read(table, rows);
    const core::Shape& shape = table.shape();
    const std::size_t groups = kind == RowKind::image || shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    std::vector<std::size_t> group(shape.elements());
    for (std::size_t i = 0; i < group.size(); ++i) group[i] = i % groups;
    const Moments moments = measure(table, rows, group);
    std::vector<float> deviations(groups);
    for (std::size_t g = 0; g < groups; ++g) deviations[g] = static_cast<float>(moments.deviation[g] / moments.unit[g]);
    return deviations;
}

ShiftedRows::ShiftedRows(const Table& table, const ShiftKind& kind, double by, ShiftBasis basis)
    : table_(&table), kind_(&kind), by_(by), basis_(std::move(basis)) {
    core::require(by >= kind.low && by <= kind.high && !basis_.deviations.empty(),
                  "a shift goes no further than it may");
}

void ShiftedRows::change(std::uint32_t row, std::span<float> values, compute::ImageWarp* warp) const {
    const core::StreamKey key{
        .seed = basis_.seed, .purpose = core::Purpose::shift, .epoch = row, .step = stream_of(kind_->name)};
    ShiftedRow shifted{
        .values = values, .by = by_, .deviations = basis_.deviations, .random = core::RandomStream(key), .warp = warp};
    kind_->apply(shifted);
}

void ShiftedRows::gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const {
    if (by_ == 0) return table_->gather(chosen, out, stride);
    if (const auto& encoder = table_->encoder()) {
        std::vector<double> values(encoder->stored());
        std::vector<float> changes(encoder->stored());
        for (const std::uint32_t row : chosen) {
            std::ranges::fill(changes, 0.0F);
            change(row, changes, nullptr);
            std::ranges::transform(table_->stored_row(row), changes, values.begin(), std::plus<double>());
            encoder->encode(values, out);
            out += stride;
        }
        return;
    }
    table_->gather(chosen, out, stride);
    const std::size_t width = table_->shape().elements();
    std::optional<compute::ImageWarp> warp;
    if (kind_->rows == RowKind::image) warp.emplace(table_->shape(), basis_.background);
    for (std::size_t i = 0; i < chosen.size(); ++i)
        change(chosen[i], std::span(out + i * stride, width), warp ? &*warp : nullptr);
}

}  // namespace ensemble::data
