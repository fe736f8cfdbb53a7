#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "report/page/generic_charts.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

/// Coverage and risk: of the surest share of the rows, the share that is wrong (of numbers: the mean loss).
std::vector<std::vector<double>> risk_curve(const Source& source) {
    std::vector<std::vector<double>> curve;
    const Json& points = source.at("uncertainty/selective/curve");
    if (!points.is_array()) return curve;
    for (const Json& point : points) {
        std::vector<double> values = numbers_of(point);
        if (values.size() == 2 && std::isfinite(values[0]) && std::isfinite(values[1]))
            curve.push_back(std::move(values));
    }
    return curve;
}

/// At most `most` of the points, evenly, the first and the last among them.
std::vector<std::vector<double>> thinned(const std::vector<std::vector<double>>& points, std::size_t most) {
    if (points.size() <= most) return points;
    std::vector<std::vector<double>> some;
    for (std::size_t i = 0; i < most; ++i) some.push_back(points[i * (points.size() - 1) / (most - 1)]);
    return some;
}

}  // namespace

Markup selective_section(const Source& source) {
    const std::vector<std::vector<double>> curve = risk_curve(source);
    if (curve.size() < 2) return {};
    const bool share = source.classifies();
    const auto risk = [&](double value) { return share ? core::percent(value) : shown(value); };
    const double at_80 = number_of(source.at("uncertainty/selective/risk_at_80"));
    const double at_5 = number_of(source.at("uncertainty/selective/coverage_at_5"));
    std::string title = "The ensemble knows when it does not know";
    if (std::isfinite(at_80)) {
        title = fmt::format("Without the least sure fifth of the rows, the {} is {} instead of {}",
                            share ? "share of errors" : "risk", risk(at_80), risk(curve.back()[1]));
    }
    Markup words;
    const double aurc = number_of(source.at("uncertainty/selective/aurc"));
    const double augrc = number_of(source.at("uncertainty/selective/augrc"));
    if (std::isfinite(aurc)) words += Markup::format("The area under the curve (AURC) is {}. ", shown(aurc));
    if (std::isfinite(augrc)) words += Markup::format("The generalised one (AUGRC) is {}. ", shown(augrc));
    if (std::isfinite(at_5) && share) {
        words += Markup::format("At a risk of 5 % the ensemble can answer {} of the rows.", core::percent(at_5));
    }
    Table table{.columns = {"rows answered", share ? "wrong among them" : "risk"}};
    for (const std::vector<double>& point : thinned(curve, 21)) {
        table.rows.push_back({core::percent(point[0], 1), risk(point[1])});
    }
    const Panel panel{.x = "coverage: rows answered, the surest first, %",
                      .y = share ? "risk: wrong among them, %" : "risk",
                      .x_is_share = true,
                      .y_is_share = share,
                      .curves = {{.name = "ensemble", .points = thinned(curve, 200)}}};
    return (words.empty() ? words : paragraph(words)) +
           element(Figure{
               .chart = "curves",
               .title = std::move(title),
               .note = Markup::format("Rows are answered in the order of the ensemble’s uncertainty. The lower the "
                                      "line on the left, the better uncertainty tells errors apart."),
               .data = curves_data({panel}),
               .table = std::move(table)});
}

}  // namespace ensemble::report
