#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ensemble::analysis {

/// Selective prediction: what the mean loss is when only the rows with the largest confidence are accepted. The loss is
/// anything: 0 or 1 for right or wrong, a squared error. Rows of equal confidence are accepted in random order; every
/// value is the expectation over these orders, and so does not depend on the order of the rows.
class RiskCoverage {
public:
    struct Point {
        double coverage = 0;  ///< share of the rows that is accepted
        double risk = 0;      ///< mean loss of these
    };

    /// `confidence` and `loss` [rows]. REQUIRES: at least one row, no NaN, finite losses.
    RiskCoverage(std::span<const double> confidence, std::span<const double> loss);

    [[nodiscard]] std::size_t rows() const noexcept { return sums_.size() - 1; }

    /// Mean loss of that many rows of the largest confidence. REQUIRES: 0 < accepted ≤ rows().
    [[nodiscard]] double risk(std::size_t accepted) const;

    /// Area under the risk-coverage curve: the mean of risk(k) over k = 1 … rows (Geifman and El-Yaniv 2017).
    [[nodiscard]] double aurc() const;

    /// Area under the generalised risk-coverage curve (Traub et al. 2024): ∫ of coverage · risk over coverage from 0
    /// to 1, by trapezia: the mean loss that slips through when the threshold is anyhow. Of losses 0 and 1 it is
    /// ½ e² + e (1 − e) (1 − AUROC), e the mean loss, AUROC that of confidence for right against wrong rows.
    [[nodiscard]] double augrc() const;

    /// The risk of the fewest rows that are at least this share. REQUIRES: 0 < coverage ≤ 1.
    [[nodiscard]] double risk_at(double coverage) const;

    /// The largest coverage whose risk is at most this; 0 if there is none.
    [[nodiscard]] double coverage_at(double risk) const;

    /// The curve in at most so many points, evenly spaced in coverage, the last one at 1. REQUIRES: most > 0.
    [[nodiscard]] std::vector<Point> curve(std::size_t most) const;

private:
    std::vector<double> sums_;  ///< [rows + 1] expected loss of the first k rows together
};

}  // namespace ensemble::analysis
