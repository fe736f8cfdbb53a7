#include "analysis/paired_tests.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include <boost/math/distributions/students_t.hpp>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

/// ln C(n, k).
double log_choose(double n, double k) {
    // std::lgamma writes a sign that all threads share.
    const auto log_factorial = [](double x) {
        int sign = 0;
        return ::lgamma_r(x + 1, &sign);
    };
    return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

/// Two-sided, of a statistic that is finite or infinite.
double student_p_value(double statistic, double freedom) {
    const boost::math::students_t_distribution<double> t(freedom);
    if (std::isinf(statistic)) return 0;
    return 2 * boost::math::cdf(boost::math::complement(t, std::abs(statistic)));
}

}  // namespace

double mcnemar_exact(std::int64_t b, std::int64_t c) {
    core::require(b >= 0 && c >= 0, "discordant items are counted");
    if (std::abs(b - c) <= 1) return 1.0;  // the two tails cover all; in rounded numbers a little less
    const auto n = static_cast<double>(b + c);
    const auto k = static_cast<double>(std::min(b, c));
    // Tail = Σ_{i ≤ k} C(n, i) / 2^n. In logarithms its largest term cannot underflow before the p-value itself does;
    // the others follow from it by ratios i / (n − i + 1) ≤ 1, until they no longer count.
    double ratio = 1;
    double relative_tail = 1;
    for (double i = k; i > 0 && ratio > relative_tail * 0x1p-60; --i) {
        ratio *= i / (n - i + 1);
        relative_tail += ratio;
    }
    const double largest = std::exp(log_choose(n, k) - n * std::numbers::ln2);
    return std::min(1.0, 2.0 * largest * relative_tail);
}

double paired_t_test(std::span<const double> differences) {
    if (differences.empty()) return 1.0;
    return diebold_mariano(differences).p_value;
}

DieboldMariano diebold_mariano(std::span<const double> differences, std::size_t lag) {
    core::require(lag < differences.size(), "rows are correlated over fewer rows than there are");
    const auto n = static_cast<double>(differences.size());
    const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
    double sum = 0;  // n · (γ₀ + 2 Σ γ_k)
    for (std::size_t k = 0; k <= lag; ++k) {
        double products = 0;
        for (std::size_t row = k; row < differences.size(); ++row)
            products += (differences[row] - mean) * (differences[row - k] - mean);
        sum += k == 0 ? products : 2 * products;
    }
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (!std::isfinite(sum)) return {.statistic = nan, .p_value = nan};
    if (n < 2) return {};
    if (!(sum > 0)) {
        const bool all_the_same = std::ranges::all_of(differences, [&](double d) { return d == differences.front(); });
        if (mean == 0 || !all_the_same) return {};
        return {.statistic = std::copysign(std::numeric_limits<double>::infinity(), mean), .p_value = 0};
    }
    const double h = static_cast<double>(lag) + 1;
    const double factor = std::sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n);
    const double statistic = factor * mean / std::sqrt(sum / n / n);
    return {.statistic = statistic, .p_value = student_p_value(statistic, n - 1)};
}

}  // namespace ensemble::analysis
