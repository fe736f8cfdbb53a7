#include "report/table_rows.hpp"

#include <cmath>

namespace ensemble::report {

std::string measured(const task::Metric& metric, double value) {
    constexpr std::size_t widest = 7;
    constexpr double small = 0.001;
    if (metric.unit == task::Unit::share) return core::percent(value);
    std::string short_form = fmt::format("{:.{}e}", value, value < 0 ? 0 : 1);
    const double size = std::abs(value);
    if (size > 0 && size < small) return short_form;
    for (int digits = size < 100 ? 4 : size < 1000 ? 2 : size < 10'000 ? 1 : 0; digits >= 0; --digits) {
        const std::string text = core::number(value, digits);
        if (core::columns(text) <= widest) return text;
    }
    return short_form;
}

}  // namespace ensemble::report
