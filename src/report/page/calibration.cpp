#include <cmath>

#include "core/text.hpp"
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

}  // namespace

Markup calibration_section(const Source& source) {
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
    return html;
}

}  // namespace ensemble::report
