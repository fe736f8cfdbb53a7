#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "report/page/generic_charts.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

/// Rows whose probability of the chosen class lies between `low` and `high`.
struct Bin {
    double low = 0;
    double high = 0;
    std::size_t rows = 0;
    double confidence = 0;  ///< mean of that probability
    double accuracy = 0;    ///< share of the rows that are right
};

std::vector<Bin> bins_of(const Source& source) {
    std::vector<Bin> bins;
    const Json& entries = source.at("calibration/bins");
    if (!entries.is_array()) return bins;
    for (const Json& entry : entries) {
        const Bin bin{.low = number_of(at(entry, "low")),
                      .high = number_of(at(entry, "high")),
                      .rows = whole_number(at(entry, "rows")),
                      .confidence = number_of(at(entry, "confidence")),
                      .accuracy = number_of(at(entry, "accuracy"))};
        if (std::isfinite(bin.low) && std::isfinite(bin.high)) bins.push_back(bin);
    }
    return bins;
}

/// "The ensemble is surer than it should be: …" from the means over all rows.
std::string direction(const std::vector<Bin>& bins) {
    double rows = 0;
    double said = 0;
    double right = 0;
    for (const Bin& bin : bins) {
        if (bin.rows == 0 || !std::isfinite(bin.confidence) || !std::isfinite(bin.accuracy)) continue;
        rows += static_cast<double>(bin.rows);
        said += static_cast<double>(bin.rows) * bin.confidence;
        right += static_cast<double>(bin.rows) * bin.accuracy;
    }
    if (rows == 0) return "Said and observed probabilities";
    said /= rows;
    right /= rows;
    constexpr double close = 0.005;  // half a point
    const std::string both =
        fmt::format("it says {} on average and is right on {}", core::percent(said, 1), core::percent(right, 1));
    if (std::abs(said - right) < close) return "The ensemble means what it says: " + both;
    return fmt::format("The ensemble is {}: {}",
                       said > right ? "surer than it should be" : "less sure than it could be", both);
}

Table bins_table(const std::vector<Bin>& bins) {
    Table table{.caption = "Test rows by the probability of the chosen class",
                .columns = {"probability", "rows", "mean probability", "right"}};
    for (const Bin& bin : bins) {
        const bool is_empty = bin.rows == 0;
        table.rows.push_back({fmt::format("{:.3g} to {:.3g}", bin.low, bin.high), core::grouped(bin.rows),
                              is_empty ? "–" : core::percent(bin.confidence),
                              is_empty ? "–" : core::percent(bin.accuracy)});
    }
    return table;
}

/// [[…], …] of numbers, rounded for a chart; rows that are no such lists are left out.
Json points_of(const Json& rows, std::size_t size) {
    Json points = Json::array();
    if (!rows.is_array()) return points;
    for (const Json& row : rows) {
        const std::vector<double> point = numbers_of(row);
        if (point.size() == size) points.push_back(rounded(point));
    }
    return points;
}

Json reliability_data(const Source& source, const std::vector<Bin>& bins) {
    Json bars = Json::array();
    for (const Bin& bin : bins) {
        bars.push_back({rounded(bin.low), rounded(bin.high), bin.rows, rounded(bin.rows > 0 ? bin.confidence : NAN),
                        rounded(bin.rows > 0 ? bin.accuracy : NAN)});
    }
    return {{"bins", bars},
            {"curve", points_of(source.at("calibration/reliability/curve"), 2)},
            {"band", points_of(source.at("calibration/reliability/band"), 3)}};
}

/// What is known of the calibration in single numbers.
Table errors_table(const Source& source) {
    struct Line {
        const char* key;
        const char* name;
        const char* text;
    };
    constexpr Line lines[] = {
        {"ece", "ECE", "expected calibration error, 15 bins of equal width"},
        {"adaptive_ece", "adaptive ECE", "with bins of equally many rows"},
        {"debiased_ece", "debiased ECE", "without what chance alone adds"},
        {"classwise_ece", "class-wise ECE", "mean over the classes, each against the rest"},
        {"reliability/miscalibration", "miscalibration", "part of the score that recalibration would take away (CORP)"},
        {"reliability/discrimination", "discrimination", "part that telling rows apart has taken away (CORP)"},
        {"reliability/uncertainty", "uncertainty", "score of always saying the mean (CORP)"},
        {"temperature", "temperature", "that fits the validation rows best; above 1 the ensemble is too sure"},
    };
    Table table{.columns = {"measure", "what it is", "value"}, .texts = 2};
    for (const Line& line : lines) {
        const double value = number_of(source.at(fmt::format("calibration/{}", line.key)));
        if (std::isfinite(value)) table.rows.push_back({line.name, line.text, shown(value)});
    }
    return table;
}

/// All metrics of the test rows as they are, and at the temperature that suits the validation rows best.
Markup temperature_part(const Source& source) {
    const double temperature = number_of(source.at("calibration/temperature"));
    Table table{.caption = "Test rows with and without the temperature",
                .columns = {"metric", "as combined", fmt::format("at temperature {}", shown(temperature))}};
    for (const task::Metric& metric : source.task().metrics()) {
        const double plain = number_of(source.at(fmt::format("ensemble/{}/{}", source.combine(), metric.name)));
        const double scaled = number_of(source.at(fmt::format("calibration/at_temperature/{}", metric.name)));
        if (!std::isfinite(plain) || !std::isfinite(scaled)) continue;
        const bool helps = metric.better == task::Better::higher ? scaled > plain : scaled < plain;
        const bool differs = shown(metric, plain) != shown(metric, scaled);
        table.rows.push_back({heading(metric), Cell(shown(metric, plain), differs && !helps),
                              Cell(shown(metric, scaled), differs && helps)});
    }
    if (table.rows.empty() || !std::isfinite(temperature)) return {};
    const std::size_t rows = whole_number(source.at("calibration/temperature_rows"));
    const std::string fitted = rows > 0 ? fmt::format(" It is fitted to {} validation rows.", core::grouped(rows)) : "";
    const bool applied = text_of(source.at("config/calibrate")) == "temperature";
    return Markup::format("<h3>What a temperature changes</h3>\n") +
           paragraph(Markup::format(
               "Probabilities to the power of 1/T, made to sum to 1, choose the same classes and are {}.{} {}",
               temperature > 1 ? "less extreme" : "more extreme", fitted,
               applied ? "predictions.npy holds those; all else on this page is told of the probabilities as combined."
                       : "ensemble_report --calibrate temperature writes those to predictions.npy.")) +
           element(table);
}

/// Observed shares of one target at the nominal levels.
std::vector<std::vector<double>> coverage_curve(const std::vector<double>& levels, const Json& coverage) {
    std::vector<std::vector<double>> points;
    const std::vector<double> observed = numbers_of(coverage);
    for (std::size_t i = 0; i < std::min(levels.size(), observed.size()); ++i)
        points.push_back({levels[i], observed[i]});
    return points;
}

/// Where 95 % of observed shares lie if intervals hold what they say, of so many rows: by the normal distribution.
std::vector<std::vector<double>> band_of_chance(const std::vector<double>& levels, std::size_t rows) {
    constexpr double quantile = 1.959963984540054;
    std::vector<std::vector<double>> points;
    for (const double level : levels) {
        const double reach =
            quantile * std::sqrt(level * (1 - level) / static_cast<double>(std::max<std::size_t>(rows, 1)));
        points.push_back({level, level, std::max(level - reach, 0.0), std::min(level + reach, 1.0)});
    }
    return points;
}

/// "Intervals are too narrow: those made for 90 % of the truths hold 84.1 %"; of several targets of the one that is
/// furthest from what it should be.
std::string direction_of_intervals(const std::vector<Curve>& curves, std::size_t rows) {
    constexpr double told = 0.9;
    constexpr double nearly = 1e-9;
    const Curve* furthest = nullptr;
    double observed = told;
    for (const Curve& curve : curves) {
        for (const std::vector<double>& point : curve.points) {
            if (std::abs(point[0] - told) > nearly || !std::isfinite(point[1])) continue;
            if (furthest != nullptr && std::abs(point[1] - told) <= std::abs(observed - told)) continue;
            furthest = &curve;
            observed = point[1];
        }
    }
    if (furthest == nullptr) return "Nominal and observed shares of the intervals";
    const double reach = band_of_chance({told}, rows).front()[3] - told;
    const std::string of_target = curves.size() > 1 ? fmt::format(" of {}", furthest->name) : std::string();
    const std::string both =
        fmt::format("those made for {} of the truths hold {}", core::percent(told, 0), core::percent(observed, 1));
    if (std::abs(observed - told) <= reach) return fmt::format("Intervals hold what they say: {}{}", both, of_target);
    return fmt::format("Intervals{} are too {}: {}", of_target, observed > told ? "wide" : "narrow", both);
}

/// By how much variances would have to be multiplied.
Markup factors_part(const Source& source) {
    Table table{.columns = {"target", "variance factor"}};
    const std::vector<double> factors = numbers_of(source.at("calibration/variance_factor"));
    for (std::size_t i = 0; i < factors.size(); ++i)
        table.rows.push_back({text_of(source.at(fmt::format("data/targets/{}", i))), shown(factors[i])});
    if (table.rows.empty()) return {};
    return paragraph(
               Markup::format("Predicted variances would suit the validation rows best if they were multiplied by "
                              "this factor; above 1 the ensemble is too sure.")) +
           element(table);
}

/// Whether central intervals of the predicted distributions hold as many truths as they should.
Markup spread_part(const Source& source) {
    const std::vector<double> levels = numbers_of(source.at("calibration/levels"));
    const Json& coverage = source.at("calibration/coverage");
    if (levels.empty() || !coverage.is_array()) return {};
    const std::size_t rows = whole_number(source.at("data/test"));
    Table table{.caption = "Share of the test rows whose truth lies in the central interval", .columns = {"made for"}};
    std::vector<Curve> curves;
    for (std::size_t i = 0; i < coverage.size(); ++i) {
        curves.push_back({.name = text_of(source.at(fmt::format("data/targets/{}", i))),
                          .look = i < 2 ? i : i + 1,
                          .points = coverage_curve(levels, coverage[i]),
                          .kind = Curve::Kind::marked_line});
        table.columns.push_back(curves.back().name);
    }
    for (std::size_t level = 0; level < levels.size(); ++level) {
        std::vector<Cell> row{core::percent(levels[level], 0)};
        for (const Curve& curve : curves)
            row.emplace_back(level < curve.points.size() ? core::percent(curve.points[level][1], 1) : std::string("–"));
        table.rows.push_back(std::move(row));
    }
    Panel panel{.x = "nominal share, %", .y = "observed share, %", .x_is_share = true, .y_is_share = true};
    panel.curves.push_back({.name = "what chance allows", .look = 2, .points = band_of_chance(levels, rows)});
    constexpr std::size_t most_drawn = 5;  // as there are looks
    panel.curves.insert(panel.curves.end(), curves.begin(),
                        curves.begin() + static_cast<std::ptrdiff_t>(std::min(curves.size(), most_drawn)));
    return element(Figure{
        .chart = "curves",
        .title = direction_of_intervals(curves, rows),
        .note =
            Markup::format("Central intervals of the predicted distributions, made for a share of the truths, and the "
                           "share of the test rows whose truth they hold. On the diagonal the ensemble’s variances "
                           "are right; above, its intervals are too wide, below, too narrow. The band is where "
                           "95 % of such shares lie if they are right."),
        .data = curves_data({panel}),
        .table = std::move(table)});
}

}  // namespace

Markup calibration_section(const Source& source) {
    if (!source.classifies()) return spread_part(source) + factors_part(source);
    const std::vector<Bin> bins = bins_of(source);
    const Table errors = errors_table(source);
    Markup html;
    if (!bins.empty()) {
        html += element(Figure{
            .chart = "reliability",
            .title = direction(bins),
            .note = Markup::format("Above: how often the ensemble is right where it says a probability; on the "
                                   "diagonal it means what it says. The step line is the isotonic fit (CORP, "
                                   "Dimitriadis, Gneiting and Jordan 2021), the band what chance allows where the "
                                   "calibration is perfect; symbols are the bins of the table. Below: how many test "
                                   "rows have that probability."),
            .data = reliability_data(source, bins),
            .table = bins_table(bins)});
    }
    if (!errors.rows.empty()) html += element(errors);
    html += temperature_part(source);
    return html;
}

}  // namespace ensemble::report
