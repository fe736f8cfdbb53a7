#include "analysis/selective.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

/// Room for the rounding of shares times rows: 0.05 · 140 is a little more than 7.
constexpr double rounding = 1e-12;

}  // namespace

RiskCoverage::RiskCoverage(std::span<const double> confidence, std::span<const double> loss) {
    core::require(!loss.empty() && confidence.size() == loss.size(), "every row has a confidence and a loss");
    bool valid = true;
    for (std::size_t row = 0; row < loss.size(); ++row)
        valid &= !std::isnan(confidence[row]) && std::isfinite(loss[row]);
    core::require(valid, "confidences are numbers and losses are finite");
    std::vector<std::size_t> order(loss.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Equal losses of equal confidences are interchangeable, so that sums do not depend on the order of the rows
    // either.
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return confidence[a] != confidence[b] ? confidence[a] > confidence[b] : loss[a] < loss[b];
    });
    sums_.assign(1, 0.0);
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin;
        double sum = 0;
        for (; end < order.size() && confidence[order[end]] == confidence[order[begin]]; ++end) sum += loss[order[end]];
        const double before = sums_.back();
        const auto equal = static_cast<double>(end - begin);
        for (std::size_t k = 1; begin < end; ++begin, ++k)
            sums_.push_back(before + sum * static_cast<double>(k) / equal);
    }
}

double RiskCoverage::risk(std::size_t accepted) const {
    core::require(accepted > 0 && accepted <= rows(), "a risk is asked of some of the rows");
    return sums_[accepted] / static_cast<double>(accepted);
}

double RiskCoverage::aurc() const {
    double sum = 0;
    for (std::size_t accepted = 1; accepted <= rows(); ++accepted) sum += risk(accepted);
    return sum / static_cast<double>(rows());
}

double RiskCoverage::augrc() const {
    const double all = std::accumulate(sums_.begin(), sums_.end(), 0.0) - sums_.back() / 2;
    return all / static_cast<double>(rows()) / static_cast<double>(rows());
}

double RiskCoverage::risk_at(double coverage) const {
    core::require(coverage > 0 && coverage <= 1, "a coverage is a share of the rows");
    const double wanted = std::ceil(coverage * static_cast<double>(rows()) * (1 - rounding));
    return risk(std::clamp(static_cast<std::size_t>(wanted), std::size_t{1}, rows()));
}

double RiskCoverage::coverage_at(double risk) const {
    core::require(!std::isnan(risk), "a risk is a number");
    std::size_t accepted = rows();
    while (accepted > 0 &&
           sums_[accepted] > risk * static_cast<double>(accepted) + std::abs(sums_[accepted]) * rounding)
        --accepted;
    return static_cast<double>(accepted) / static_cast<double>(rows());
}

std::vector<RiskCoverage::Point> RiskCoverage::curve(std::size_t most) const {
    core::require(most > 0, "a curve has points");
    const std::size_t count = std::min(most, rows());
    std::vector<Point> points;
    for (std::size_t i = 1; i <= count; ++i) {
        const std::size_t accepted = (i * rows() + count - 1) / count;
        points.push_back(
            {.coverage = static_cast<double>(accepted) / static_cast<double>(rows()), .risk = risk(accepted)});
    }
    return points;
}

}  // namespace ensemble::analysis
