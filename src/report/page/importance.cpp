#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "report/page/generic_charts.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {

Markup importance_section(const Source& source) {
    const std::optional<Importance>& importance = source.extras().importance;
    if (!importance || importance->columns.empty()) return {};
    const task::Metric* known = find_metric(source.task().metrics(), importance->metric);
    const task::Metric& metric = known == nullptr ? source.metric() : *known;
    const bool share = metric.unit == task::Unit::share;
    std::vector<Importance::Column> columns = importance->columns;
    std::ranges::stable_sort(columns, std::greater{}, &Importance::Column::loss);

    constexpr std::size_t most_drawn = 30;
    std::vector<IntervalRow> rows;
    Table table{.columns = {"column", "loss of " + heading(metric), "95 % interval"}};
    for (const Importance::Column& column : columns) {
        if (rows.size() < most_drawn) {
            rows.push_back({.name = column.name, .value = column.loss, .low = column.low, .high = column.high});
        }
        table.rows.push_back({column.name, shown_gain(metric, column.loss),
                              shown_interval(metric, Json::array({column.low, column.high}))});
    }
    const std::string unit = share ? "%" : "in the unit of the metric";
    const std::string rest = columns.size() > most_drawn
                                 ? fmt::format(" The {} most important of {} are drawn.", most_drawn, columns.size())
                                 : "";
    return element(
        Figure{.chart = "intervals",
               .title = fmt::format("The ensemble relies most on {}", columns.front().name),
               .note = Markup::format("What the ensemble loses in {} on the test rows where the values of one column "
                                      "are shuffled among them ({}; Breiman 2001). Columns that say the same can take "
                                      "each other’s place, and then both look unimportant.{}",
                                      heading(metric), core::counted(importance->repeats, "time"), rest),
               .data = intervals_data(fmt::format("loss of {}, {}", heading(metric), unit), share, 0, rows),
               .table = std::move(table)});
}

}  // namespace ensemble::report
