#include <algorithm>
#include <map>

#include "core/text.hpp"
#include "report/page/sections.hpp"

namespace ensemble::report {
namespace {

/// Spans of each rank in the order of time, neighbours of the same kind made one where the gap between them could not
/// be seen: less than a thousandth of the whole.
std::map<std::size_t, std::vector<Span>> merged(const std::vector<Span>& spans, double whole) {
    std::map<std::size_t, std::vector<Span>> ranks;
    for (const Span& span : spans) ranks[span.rank].push_back(span);
    for (auto& [rank, all] : ranks) {
        std::ranges::stable_sort(all, {}, &Span::from);
        std::vector<Span> fewer;
        for (const Span& span : all) {
            const bool joins =
                !fewer.empty() && fewer.back().what == span.what && span.from - fewer.back().to < whole / 1000;
            if (joins) {
                fewer.back().to = std::max(fewer.back().to, span.to);
            } else {
                fewer.push_back(span);
            }
        }
        all = std::move(fewer);
    }
    return ranks;
}

/// Kinds of work, the one that took longest first.
std::vector<std::pair<std::string, double>> kinds_of(const std::vector<Span>& spans) {
    std::vector<std::pair<std::string, double>> kinds;
    for (const Span& span : spans) {
        auto kind = std::ranges::find(kinds, span.what, &std::pair<std::string, double>::first);
        if (kind == kinds.end()) kind = kinds.insert(kind, {span.what, 0.0});
        kind->second += span.to - span.from;
    }
    std::ranges::stable_sort(kinds, std::greater{}, &std::pair<std::string, double>::second);
    return kinds;
}

Table timeline_table(const std::vector<Span>& spans, const std::vector<std::pair<std::string, double>>& kinds) {
    std::map<std::size_t, std::map<std::string, double>> seconds;
    for (const Span& span : spans) seconds[span.rank][span.what] += span.to - span.from;
    Table table{.caption = "Seconds of each rank", .columns = {"rank"}};
    for (const auto& [what, all] : kinds) table.columns.push_back(what);
    for (const auto& [rank, by_kind] : seconds) {
        std::vector<Cell> row{std::to_string(rank)};
        for (const auto& [what, all] : kinds) {
            const auto found = by_kind.find(what);
            row.emplace_back(found == by_kind.end() ? "–" : core::number(found->second, 2));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace

Markup timeline_section(const Source& source) {
    const std::vector<Span>& spans = source.spans();
    if (spans.empty()) return {};
    const double end = std::ranges::max(spans, {}, &Span::to).to;
    const auto kinds = kinds_of(spans);
    Json data{{"end", rounded(end)}, {"kinds", Json::array()}, {"ranks", Json::array()}};
    for (const auto& [what, seconds] : kinds) data["kinds"].push_back(label(what));
    for (const auto& [rank, all] : merged(spans, end)) {
        Json row = Json::array();
        for (const Span& span : all) {
            const auto kind =
                std::ranges::find(kinds, span.what, &std::pair<std::string, double>::first) - kinds.begin();
            row.push_back({kind, rounded(span.from), rounded(span.to)});
        }
        data["ranks"].push_back({{"rank", rank}, {"spans", row}});
    }
    const double efficiency = number_of(source.at("timing/efficiency"));
    std::string title =
        fmt::format("What {} did in {}", core::counted(data["ranks"].size(), "rank"), core::duration(end));
    if (efficiency >= 0) title += fmt::format(": members took {} of their time", core::percent(efficiency, 1));
    return element(
        Figure{.chart = "timeline",
               .title = std::move(title),
               .note = Markup::format("Each line is a rank, from the start of the run to its end. What is blank is "
                                      "time of which nothing is written down."),
               .data = std::move(data),
               .table = timeline_table(spans, kinds)});
}

}  // namespace ensemble::report
