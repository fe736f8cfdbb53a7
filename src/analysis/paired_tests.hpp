#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ensemble::analysis {

/// Two-sided exact McNemar p-value: twice the smaller binomial(b + c, ½) tail, at most 1; 1 when b + c = 0. Never
/// below what it says: at few discordant rows far fewer than 5 % of true hypotheses have p < 0.05.
[[nodiscard]] double mcnemar_exact(std::int64_t b, std::int64_t c);

/// Two-sided p-value of Student's t test that the mean of `differences` is 0; 1 where they are all 0 or there is only
/// one of them, NaN where they are not all finite.
[[nodiscard]] double paired_t_test(std::span<const double> differences);

/// The test of Diebold and Mariano (1995) that two predictors have the same expected loss, of the `differences` of
/// their losses row by row.
struct DieboldMariano {
    double statistic = 0;  ///< follows Student's t with rows − 1 degrees of freedom
    double p_value = 1;    ///< two-sided
};

/// Rows in the order of time are correlated up to `lag` rows apart: the variance of the mean is
/// (γ₀ + 2 Σ γ_k, k = 1 … lag) / n with γ_k = Σ (d_t − d̄)(d_{t−k} − d̄) / n, and the statistic has the factor
/// √((n + 1 − 2h + h(h − 1)/n) / n), h = lag + 1, of Harvey, Leybourne and Newbold (1997). Of independent rows lag is
/// 0, and the test is paired_t_test. Where the estimated variance is not positive p is 1, unless all differences are
/// the same and not 0; NaN where they are not all finite. REQUIRES: lag below the number of rows.
[[nodiscard]] DieboldMariano diebold_mariano(std::span<const double> differences, std::size_t lag = 0);

}  // namespace ensemble::analysis
