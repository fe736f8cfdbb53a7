#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "predict/row_predictor.hpp"
#include "predict/trust_bounds.hpp"

namespace ensemble::predict {

/// Where the values of a column lay in training.
struct ColumnRange {
    std::string name;
    double low = 0;
    double high = 0;
};

/// What was counted of some rows. Counts of several ranks add up.
struct Sightings {
    std::uint64_t rows = 0;
    std::uint64_t beyond = 0;               ///< rows with a value beyond the range of its column
    std::vector<std::uint64_t> by_column;   ///< of these, by column
    std::vector<std::uint64_t> by_measure;  ///< rows whose uncertainty is above its bound, by measure that is watched

    void add(const Sightings& other);
};

/// Watches for rows that lie outside of what training saw: values beyond the range of their column, and uncertainty
/// above what 99 % of the validation rows have. REQUIRES of all: as many columns as a row has numbers as it is read.
class Watch {
public:
    /// `trained` rows made the ranges, which may be empty: then only uncertainty is watched. `targets` are names.
    Watch(const Ensemble& ensemble, std::vector<ColumnRange> ranges, std::size_t trained, const HeldOutRows& held_out,
          std::span<const std::string> targets);

    /// Counts the rows of a block. `raw` [rows × numbers as read]; what is missing or unknown lies nowhere.
    void look(std::span<const double> raw, const Predictions& predictions, Sightings& sightings) const;

    /// A warning for each of both where more rows were seen than chance would have: whole sentences, or nothing.
    [[nodiscard]] std::vector<std::string> warnings(const Sightings& sightings) const;

private:
    struct Measure {
        std::size_t place;  ///< among the columns of uncertainties
        std::string name;
        float bound;
    };

    std::vector<ColumnRange> ranges_;
    std::size_t trained_;
    std::size_t held_out_;
    std::size_t uncertainty_width_;
    std::vector<Measure> measures_;
};

}  // namespace ensemble::predict
