#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "predict/row_predictor.hpp"
#include "predict/trust_bounds.hpp"

namespace ensemble::predict {

/// How good predictions are of rows whose truth is known, in the metrics of summary.json. All their predictions are
/// held until the end: some metrics are of all rows together.
class Scoring {
public:
    /// `ensemble` and `bounds` must outlive it; without bounds, nothing is said of them.
    explicit Scoring(const Ensemble& ensemble, const TrustBounds* bounds = nullptr)
        : ensemble_(&ensemble), bounds_(bounds) {}

    /// What take() wants to know of some rows: [rows × targets] numbers, or the places of classes; a row with NaN is
    /// left out. Local, on any rank.
    [[nodiscard]] std::vector<std::byte> measure(const Predictions& predictions, std::span<const double> truth) const;

    /// Takes that, in the order of the rows. Throws core::Error (run) if it makes no sense.
    void take(std::span<const std::byte> measured);

    [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

    /// The metrics of the combination as a JSON object of one line, "rows" among them, and how often bounds hold.
    [[nodiscard]] std::string to_json() const;

private:
    const Ensemble* ensemble_;
    const TrustBounds* bounds_;
    BoundsHeld held_;
    std::size_t rows_ = 0;
    std::vector<analysis::RowResults> blocks_;
    std::vector<std::int32_t> labels_;
    std::vector<float> numbers_;
};

}  // namespace ensemble::predict
