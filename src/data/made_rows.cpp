#include "data/made_rows.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/contract.hpp"
#include "core/random.hpp"

namespace ensemble::data {

void GridRows::gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const {
    const auto centre = [](double low, double high, std::size_t cell, std::size_t cells) {
        constexpr double middle = 0.5;
        return low + (high - low) * (static_cast<double>(cell) + middle) / static_cast<double>(cells);
    };
    core::require(stride >= (encoder_ == nullptr ? 2 : encoder_->seen()), "gathered items fit between two rows");
    for (const std::uint32_t row : chosen) {
        core::require(row < grid_.cells(), "gathered rows exist");
        const std::array point{centre(grid_.x_low, grid_.x_high, row % grid_.columns, grid_.columns),
                               centre(grid_.y_low, grid_.y_high, row / grid_.columns, grid_.rows)};
        if (encoder_ == nullptr) {
            std::ranges::transform(point, out, [](double value) { return static_cast<float>(value); });
        } else {
            encoder_->encode(point, out);
        }
        out += stride;
    }
}

ShuffledRows::ShuffledRows(const Table& table, std::vector<std::uint32_t> rows, const std::vector<std::size_t>& columns,
                           std::size_t repeats, std::uint64_t seed)
    : table_(&table), rows_(std::move(rows)), bounds_{0}, repeats_(repeats) {
    for (const std::size_t features : columns) bounds_.push_back(bounds_.back() + features);
    core::require(bounds_.back() == table.shape().elements(), "every feature belongs to a column");
    for (std::size_t column = 0; column < columns.size(); ++column) {
        for (std::size_t repeat = 0; repeat < repeats; ++repeat) {
            core::RandomStream random({.seed = seed,
                                       .purpose = core::Purpose::permute,
                                       .epoch = static_cast<std::uint32_t>(column),
                                       .step = static_cast<std::uint32_t>(repeat)});
            orders_.push_back(rows_);
            random.shuffle(orders_.back());
        }
    }
}

void ShuffledRows::gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const {
    const std::size_t width = table_->shape().elements();
    std::vector<float> other(width);
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        core::require(chosen[i] < count(), "gathered rows exist");
        const std::size_t order = chosen[i] / rows_.size();
        const std::size_t place = chosen[i] % rows_.size();
        float* const row = out + i * stride;
        table_->gather(std::span(rows_).subspan(place, 1), row, stride);
        table_->gather(std::span(orders_[order]).subspan(place, 1), other.data(), width);
        const std::size_t column = order / repeats_;
        std::copy(other.data() + bounds_[column], other.data() + bounds_[column + 1], row + bounds_[column]);
    }
}

}  // namespace ensemble::data
