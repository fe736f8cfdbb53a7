#pragma once

namespace ensemble::analysis {

struct Interval {
    double low = 0;
    double high = 0;

    [[nodiscard]] bool holds(double value) const noexcept { return low <= value && value <= high; }
};

/// Either side of a 95 % interval.
inline constexpr double interval_tail = 0.025;

}  // namespace ensemble::analysis
