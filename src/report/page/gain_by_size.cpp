#include <cmath>

#include "core/text.hpp"
#include "report/page/generic_charts.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

/// What random subsets of one size reach in a metric.
struct Size {
    std::size_t members = 0;
    double mean = 0;
    double low = 0;
    double high = 0;
};

/// Of the task's first metric, or of the one whose values stand in an object of its name.
std::vector<Size> sizes_of(const Json& entries, std::string_view name) {
    std::vector<Size> sizes;
    if (!entries.is_array()) return sizes;
    for (const Json& entry : entries) {
        const Json& values = name.empty() ? entry : at(entry, name);
        const Size size{.members = whole_number(at(entry, "members")),
                        .mean = number_of(at(values, "mean")),
                        .low = number_of(at(values, "low")),
                        .high = number_of(at(values, "high"))};
        if (size.members > 0 && std::isfinite(size.mean)) sizes.push_back(size);
    }
    return sizes;
}

Panel panel_of(const task::Metric& metric, const std::vector<Size>& sizes) {
    Curve curve{.name = "mean of random subsets, with their spread", .kind = Curve::Kind::marked_line};
    for (const Size& size : sizes) {
        curve.points.push_back({static_cast<double>(size.members), size.mean, size.low, size.high});
    }
    const bool share = metric.unit == task::Unit::share;
    return {.x = "members", .y = heading(metric) + (share ? ", %" : ""), .y_is_share = share, .curves = {curve}};
}

/// The smallest size that has, on average, nine tenths of what all have gained over one.
std::size_t most_of_the_gain(const std::vector<Size>& sizes) {
    const double whole = sizes.back().mean - sizes.front().mean;
    for (const Size& size : sizes) {
        if (std::abs(size.mean - sizes.front().mean) >= 0.9 * std::abs(whole)) return size.members;
    }
    return sizes.back().members;
}

bool gains(const task::Metric& metric, const std::vector<Size>& sizes) {
    const double change = sizes.back().mean - sizes.front().mean;
    return metric.better == task::Better::higher ? change > 0 : change < 0;
}

Table sizes_table(const std::vector<const task::Metric*>& metrics, const std::vector<std::vector<Size>>& sizes) {
    Table table{.caption = "Mean over random subsets of each size, in brackets their spread", .columns = {"members"}};
    for (const task::Metric* metric : metrics) table.columns.push_back(heading(*metric));
    for (const Size& first : sizes.front()) {
        std::vector<Cell> row{std::to_string(first.members)};
        for (std::size_t i = 0; i < metrics.size(); ++i) {
            std::string cell = "–";
            for (const Size& size : sizes[i]) {
                if (size.members != first.members) continue;
                cell = fmt::format("{} ({} to {})", shown(*metrics[i], size.mean), shown(*metrics[i], size.low),
                                   shown(*metrics[i], size.high));
            }
            row.emplace_back(std::move(cell));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace

Markup gain_by_size_section(const Source& source) {
    const Json& entries = source.at("gain/by_size");
    std::vector<const task::Metric*> metrics;
    std::vector<std::vector<Size>> sizes;
    std::vector<Panel> panels;
    for (const task::Metric& metric : source.task().metrics()) {
        std::vector<Size> of_metric = sizes_of(entries, &metric == &source.metric() ? "" : metric.name);
        if (of_metric.empty()) continue;
        panels.push_back(panel_of(metric, of_metric));
        metrics.push_back(&metric);
        sizes.push_back(std::move(of_metric));
    }
    if (sizes.empty() || sizes.front().size() < 2) return {};
    const std::vector<Size>& main = sizes.front();
    const std::size_t enough = most_of_the_gain(main);
    std::string title = fmt::format("More members do not improve the {} here", heading(*metrics.front()));
    if (gains(*metrics.front(), main)) {
        title = fmt::format("{} of the {} bring nine tenths of the gain in {}", members_as_subject(enough),
                            core::in_words(main.back().members), heading(*metrics.front()));
    }
    return element(
        Figure{.chart = "curves",
               .title = std::move(title),
               .note = Markup::format("What ensembles of fewer members would reach on the test rows: the line is "
                                      "the mean over random subsets of that size, the band their spread."),
               .data = curves_data(panels),
               .table = sizes_table(metrics, sizes)});
}

}  // namespace ensemble::report
