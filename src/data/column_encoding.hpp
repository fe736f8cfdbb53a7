#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/names.hpp"
#include "data/column.hpp"
#include "data/dataset.hpp"

namespace ensemble::data {

/// How a network sees the numbers of a table. `plain`: by their scale alone. `ple`: also by a piecewise-linear encoding
/// whose bins hold as many training rows each. `ple_target`: by one whose bins are those of a tree that predicts the
/// target from the column alone. `automatic`: ple, where the columns are not too many.
enum class Encoding : std::uint8_t { automatic, plain, ple, ple_target };

constexpr auto enum_names(Encoding) {
    return std::array{core::Named{Encoding::automatic, "auto"}, core::Named{Encoding::plain, "plain"},
                      core::Named{Encoding::ple, "ple"}, core::Named{Encoding::ple_target, "ple-target"}};
}

/// What a network sees of a number x that is there: factor · (x − centre), drawn in to ±3 where it clips; whether it
/// was missing; and what of the encodings there is.
struct NumberEncoding {
    double fill = 0;  ///< stands for a missing one
    bool indicates = false;
    double centre = 0;
    double factor = 1;
    bool clips = false;
    std::vector<double> quantile_edges = {};  ///< of ple; empty or at least three
    std::vector<double> target_edges = {};    ///< of ple_target; likewise
};

/// A feature for each level that is frequent enough, of which one is 1.
struct CategoryEncoding {
    static constexpr std::int32_t none = -1;

    std::vector<std::int32_t> slots = {};  ///< by level: its feature, which several rare ones share; or none
    std::int32_t missing = none;           ///< the feature of rows without a level
    std::int32_t other = none;             ///< of levels that are not known
    std::size_t features = 0;
};

using ColumnCode = std::variant<NumberEncoding, CategoryEncoding>;

/// Some features of a row, one after the other.
struct FeatureRange {
    std::size_t first = 0;
    std::size_t count = 0;
};

/// What is done to the columns of a table, one after the other, before a network sees them.
class ColumnEncoding final : public RowEncoder {
public:
    /// `columns` as they are read, and the code of each.
    ColumnEncoding(std::vector<Column> columns, std::vector<ColumnCode> codes);

    [[nodiscard]] std::size_t stored() const noexcept override { return columns_.size(); }
    [[nodiscard]] std::size_t seen() const noexcept override { return seen_; }
    [[nodiscard]] std::vector<bool> measures() const override;
    void encode(std::span<const double> row, float* out) const override;
    void encode(std::span<const double> row, double* out) const override;

    /// The columns with what a network sees of each.
    [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }
    [[nodiscard]] const std::vector<ColumnCode>& codes() const noexcept { return codes_; }

    /// The features of all columns that belong to `encoding`, ple or ple_target.
    [[nodiscard]] std::vector<FeatureRange> features_of(Encoding encoding) const;

    [[nodiscard]] nlohmann::json to_json() const;

    /// Throws core::Error (data) where `json` is none that to_json() has made.
    [[nodiscard]] static std::shared_ptr<const ColumnEncoding> from_json(const nlohmann::json& json);

private:
    std::vector<Column> columns_;
    std::vector<ColumnCode> codes_;
    std::size_t seen_ = 0;
};

}  // namespace ensemble::data
