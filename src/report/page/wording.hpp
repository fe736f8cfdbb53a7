#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "report/page/elements.hpp"
#include "task/metric.hpp"

namespace ensemble::report {

/// "97.31 %", "0.01234", "12.35": a value of `metric` with the digits that tell members apart.
[[nodiscard]] std::string shown(const task::Metric& metric, double value);

/// A number with four significant digits, without a power of ten where that can be; "–" if it is not finite.
[[nodiscard]] std::string shown(double value);

/// A gain in `metric`: "+1.83 points" of a share, "+0.0441" of others.
[[nodiscard]] std::string shown_gain(const task::Metric& metric, double gain);

/// "+1.60 to +2.05" of the two numbers of `interval`; empty if they are not there.
[[nodiscard]] std::string shown_interval(const task::Metric& metric, const Json& interval);

/// "p < 0.0001", "p = 0.031".
[[nodiscard]] std::string shown_p(double p);

/// "Eight members", "One member", "16 members".
[[nodiscard]] std::string members_as_subject(std::size_t count);

/// The metric of that name among `metrics`; null if there is none.
[[nodiscard]] const task::Metric* find_metric(std::span<const task::Metric> metrics, std::string_view name);

/// Heading of a column of `metric`: "accuracy" for the one that the terminal calls "test".
[[nodiscard]] std::string heading(const task::Metric& metric);

}  // namespace ensemble::report
