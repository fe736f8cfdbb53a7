#pragma once

#include <limits>
#include <string>
#include <vector>

#include "report/page/elements.hpp"

namespace ensemble::report {

/// A series of a chart "curves".
struct Curve {
    std::string name;                              ///< the same name has the same look in all panels
    std::size_t look = 0;                          ///< colour, dash and symbol; see styles in chart.js
    std::vector<std::vector<double>> points = {};  ///< x, y and, with a band, low and high
    enum class Kind { line, marked_line, marks, steps } kind = Kind::line;
};

/// One pair of axes; several stand side by side.
struct Panel {
    std::string x;  ///< title of the axis: quantity and unit
    std::string y;
    bool x_is_share = false;  ///< marks as per cent
    bool y_is_share = false;
    std::vector<Curve> curves = {};
};

/// Data of the chart "curves".
[[nodiscard]] Json curves_data(const std::vector<Panel>& panels);

/// A row of the chart "intervals": a value with its interval, and what it is held against.
struct IntervalRow {
    std::string name;
    double value = 0;
    double low = std::numeric_limits<double>::quiet_NaN();
    double high = std::numeric_limits<double>::quiet_NaN();
    double target = std::numeric_limits<double>::quiet_NaN();
    bool stands_out = false;
};

/// Data of the chart "intervals": rows below one another on one axis, with a line at `reference` if it is a number.
[[nodiscard]] Json intervals_data(std::string x, bool x_is_share, double reference,
                                  const std::vector<IntervalRow>& rows);

}  // namespace ensemble::report
