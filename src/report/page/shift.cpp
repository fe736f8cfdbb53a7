#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/text.hpp"
#include "report/page/generic_charts.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

/// Who is compared under a shift.
struct Contender {
    std::string_view key;
    std::string_view name;
};

constexpr std::array<Contender, 4> contenders{{{"ensemble", "ensemble"},
                                               {"mean_member", "mean member"},
                                               {"mc_dropout", "MC dropout of one member"},
                                               {"best_member", "best member"}}};

/// Entries of one kind of shift, in the order of the file.
using Entries = std::vector<const Json*>;

std::vector<std::pair<std::string, Entries>> shifts_of(const Source& source) {
    std::vector<std::pair<std::string, Entries>> shifts;
    const Json& entries = source.at("shift");
    if (!entries.is_array()) return shifts;
    for (const Json& entry : entries) {
        const std::string name = text_of(at(entry, "name"));
        if (!std::isfinite(number_of(at(entry, "value")))) continue;
        if (shifts.empty() || shifts.back().first != name) shifts.emplace_back(name, Entries{});
        shifts.back().second.push_back(&entry);
    }
    return shifts;
}

/// "rotate, degrees".
std::string axis_of(std::string_view name, const Entries& entries) {
    const std::string unit = text_of(at(*entries.front(), "unit"));
    return unit.empty() ? std::string(name) : fmt::format("{}, {}", name, unit);
}

double score_of(const Json& entry, const Contender& contender, const task::Metric& metric) {
    return number_of(at(entry, fmt::format("{}/{}", contender.key, metric.name)));
}

Panel shift_panel(std::string_view name, const Entries& entries, const task::Metric& metric) {
    const bool share = metric.unit == task::Unit::share;
    Panel panel{.x = axis_of(name, entries), .y = heading(metric) + (share ? ", %" : ""), .y_is_share = share};
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        Curve curve{.name = std::string(contenders.at(i).name), .look = i, .kind = Curve::Kind::marked_line};
        for (const Json* entry : entries) {
            const double value = score_of(*entry, contenders.at(i), metric);
            if (std::isfinite(value)) curve.points.push_back({number_of(at(*entry, "value")), value});
        }
        if (!curve.points.empty()) panel.curves.push_back(std::move(curve));
    }
    return panel;
}

Table shift_table(std::string_view name, const Entries& entries, const std::vector<const task::Metric*>& metrics) {
    Table table{.columns = {axis_of(name, entries), "who"}, .texts = 2};
    for (const task::Metric* metric : metrics) table.columns.push_back(heading(*metric));
    for (const Json* entry : entries) {
        for (const Contender& contender : contenders) {
            if (!at(*entry, contender.key).is_object()) continue;
            std::vector<Cell> row{fmt::format("{:g}", number_of(at(*entry, "value"))), contender.name};
            for (const task::Metric* metric : metrics)
                row.emplace_back(shown(*metric, score_of(*entry, contender, *metric)));
            table.rows.push_back(std::move(row));
        }
    }
    return table;
}

/// "At the largest rotation the ensemble is still right on …".
std::string shift_title(const Source& source, std::string_view name, const Entries& entries) {
    const task::Metric& metric = source.metric();
    const auto at_value = [&](const Json* entry) { return number_of(at(*entry, "value")); };
    const Json* last = *std::ranges::max_element(entries, {}, at_value);
    return fmt::format("{} {}: {} of the ensemble is {}, of the mean member {}", name,
                       fmt::format("{:g}", at_value(last)), heading(metric),
                       shown(metric, score_of(*last, contenders[0], metric)),
                       shown(metric, score_of(*last, contenders[1], metric)));
}

}  // namespace

Markup shift_section(const Source& source) {
    Markup html;
    for (const auto& [name, entries] : shifts_of(source)) {
        std::vector<Panel> panels;
        std::vector<const task::Metric*> metrics;
        for (const task::Metric& metric : source.task().metrics()) {
            if (!metric.in_table) continue;
            Panel panel = shift_panel(name, entries, metric);
            if (panel.curves.empty()) continue;
            panels.push_back(std::move(panel));
            metrics.push_back(&metric);
        }
        if (panels.empty()) continue;
        html += element(Figure{
            .chart = "curves",
            .title = shift_title(source, name, entries),
            .note = Markup::format("The same test rows, changed step by step. All networks are those of this run, "
                                   "trained on rows that are not changed."),
            .data = curves_data(panels),
            .table = shift_table(name, entries, metrics)});
    }
    return html;
}

Markup ood_section(const Source& source) {
    const Json& scores = source.at("ood/scores");
    if (!scores.is_array()) return {};
    std::vector<IntervalRow> rows;
    Table table{.columns = {"score", "AUROC", "AUPR", "FPR at 95 %"}};
    const IntervalRow* best = nullptr;
    for (const Json& score : scores) {
        std::string name = text_of(at(score, "name"));
        std::ranges::replace(name, '_', ' ');
        const IntervalRow row{.name = name, .value = number_of(at(score, "auroc"))};
        if (!std::isfinite(row.value)) continue;
        rows.push_back(row);
        table.rows.push_back({name, core::number(row.value, 4), core::number(number_of(at(score, "aupr")), 4),
                              core::percent(number_of(at(score, "fpr95")))});
    }
    for (const IntervalRow& row : rows) {
        if (best == nullptr || row.value > best->value) best = &row;
    }
    if (best == nullptr) return {};
    const std::string data = text_of(source.at("ood/data"));
    return paragraph(Markup::format(
               "{} from {}, which no member has seen the like of, among the test rows: how well does the "
               "ensemble’s uncertainty tell them apart?",
               core::counted(whole_number(source.at("ood/rows")), "row"), data)) +
           element(Figure{
               .chart = "intervals",
               .title = fmt::format("Rows from {} are told apart best by {}: AUROC {}", data, best->name,
                                    core::number(best->value, 4)),
               .note = Markup::format("AUROC is the chance that a foreign row looks less certain than a test row: "
                                      "0.5 is guessing, 1 is without mistake. FPR: test rows that are taken for "
                                      "foreign ones where 95 % of those are found."),
               .data = intervals_data("AUROC", false, NAN, rows),
               .table = std::move(table)});
}

}  // namespace ensemble::report
