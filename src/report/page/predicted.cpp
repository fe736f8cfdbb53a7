#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

bool is_covered(const PredictedRow& row) {
    return row.low <= row.truth && row.truth <= row.high;
}

Figure scatter_figure(const Scatter& scatter, bool is_named) {
    std::vector<PredictedRow> rows = scatter.sample;
    std::ranges::stable_sort(rows, {}, [](const PredictedRow& row) { return row.high - row.low; });
    Json points = Json::array();
    Table table{.caption = "Sampled test rows, the narrowest interval first",
                .columns = {"row", "truth", "predicted", "residual", "low", "high", "covered"}};
    std::size_t covered = 0;
    for (const PredictedRow& row : rows) {
        points.push_back(rounded({row.truth, row.mean, row.low, row.high}));
        covered += is_covered(row) ? 1 : 0;
        table.rows.push_back({std::to_string(row.row), shown(row.truth), shown(row.mean), shown(row.truth - row.mean),
                              shown(row.low), shown(row.high), is_covered(row) ? "yes" : "no"});
    }
    const double share = static_cast<double>(covered) / static_cast<double>(rows.size());
    const std::string of_target = is_named ? scatter.target + ": " : "";
    return {.chart = "predicted",
            .title = fmt::format("{}{} of the intervals hold the truth; {} should", of_target, core::percent(share, 1),
                                 core::percent(scatter.level, 0)),
            .note = Markup::format(
                "{} of {} test rows. Left: on the diagonal predictions are right. Middle: what is left "
                "over, which should show no pattern. Right: intervals by their width; a cross is a truth "
                "outside its interval.",
                rows.size(), scatter.rows),
            .data = {{"rows", points}, {"target", label(scatter.target)}},
            .table = std::move(table)};
}

}  // namespace

Markup predicted_section(const Source& source) {
    const std::vector<Scatter>& scatters = source.extras().scatters;
    Markup html;
    for (const Scatter& scatter : scatters) {
        if (!scatter.sample.empty()) html += element(scatter_figure(scatter, scatters.size() > 1));
    }
    return html;
}

}  // namespace ensemble::report
