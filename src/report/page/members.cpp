#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "core/text.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

double member_score(const MemberRow& member, const task::Metric& metric) {
    return number_of(at(*member.of, fmt::format("test/{}", metric.name)));
}

double ensemble_score(const Source& source, const task::Metric& metric) {
    return number_of(source.at(fmt::format("ensemble/{}/{}", source.combine(), metric.name)));
}

bool is_better(const task::Metric& metric, double one, double other) {
    return metric.better == task::Better::higher ? one > other : one < other;
}

std::vector<const MemberRow*> members_of_ensemble(const Source& source) {
    std::vector<const MemberRow*> members;
    for (const MemberRow& member : source.members()) {
        if (member.excluded.empty()) members.push_back(&member);
    }
    return members;
}

/// Networks that members have, in the order of the members.
std::vector<std::string> different_nets(const Source& source) {
    std::vector<std::string> nets;
    for (const MemberRow& member : source.members()) {
        if (std::ranges::find(nets, member.net) == nets.end()) nets.push_back(member.net);
    }
    return nets;
}

bool settings_differ(const Source& source) {
    return std::ranges::any_of(source.members(), [](const MemberRow& member) { return !member.settings.empty(); });
}

/// All members with what they are and reach.
Table members_table(const Source& source) {
    const bool nets_differ = different_nets(source).size() > 1;
    const bool varied = settings_differ(source);
    Table table{.caption = "Members on the test rows", .columns = {"member"}};
    if (nets_differ) table.columns.emplace_back("network");
    if (varied) table.columns.emplace_back("settings");
    table.texts = table.columns.size();
    for (const char* column : {"parameters", "epochs", "seconds"}) table.columns.emplace_back(column);
    for (const task::Metric& metric : source.task().metrics()) table.columns.push_back(heading(metric));
    for (const MemberRow& member : source.members()) {
        std::vector<Cell> row{std::to_string(member.index)};
        if (nets_differ) row.emplace_back(member.net);
        if (varied) row.emplace_back(member.settings);
        const double parameters = number_of(at(*member.of, "parameters"));
        row.emplace_back(std::isfinite(parameters) ? core::grouped(static_cast<std::uint64_t>(parameters)) : "–");
        row.emplace_back(text_of(at(*member.of, "epochs")));
        row.emplace_back(core::number(number_of(at(*member.of, "train_s")), 1));
        for (const task::Metric& metric : source.task().metrics()) {
            row.emplace_back(member.excluded.empty() ? shown(metric, member_score(member, metric)) : "excluded");
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// "The ensemble is better than every member in accuracy and NLL."
std::string what_is_seen(const Source& source) {
    const std::vector<const MemberRow*> members = members_of_ensemble(source);
    const task::Metric& metric = source.metric();
    const double all = ensemble_score(source, metric);
    const auto beaten = std::ranges::count_if(
        members, [&](const MemberRow* member) { return is_better(metric, all, member_score(*member, metric)); });
    const auto count = static_cast<std::size_t>(beaten);
    if (members.size() == 1) return "There is one member only";
    if (count == members.size())
        return fmt::format("The ensemble beats every one of its members in {}", heading(metric));
    return fmt::format("The ensemble beats {} of its {} members in {}", core::in_words(count),
                       core::in_words(members.size()), heading(metric));
}

Json members_data(const Source& source) {
    const std::vector<std::string> nets = different_nets(source);
    Json data{{"metrics", Json::array()}, {"members", Json::array()}, {"groups", Json::array()}};
    const std::vector<const MemberRow*> members = members_of_ensemble(source);
    for (const MemberRow* member : members) {
        data["members"].push_back({member->index, std::ranges::find(nets, member->net) - nets.begin()});
    }
    for (const std::string& net : nets) data["groups"].push_back(label(net));
    for (const task::Metric& metric : source.task().metrics()) {
        if (!metric.in_table) continue;
        std::vector<double> values;
        for (const MemberRow* member : members) values.push_back(member_score(*member, metric));
        data["metrics"].push_back(
            {{"name", heading(metric)},
             {"share", metric.unit == task::Unit::share},
             {"better", metric.better == task::Better::higher ? "higher" : "lower"},
             {"ensemble", rounded(ensemble_score(source, metric))},
             {"mean", rounded(number_of(source.at(fmt::format("ensemble/mean_member/{}", metric.name))))},
             {"values", rounded(values)}});
    }
    return data;
}

/// Gain over the mean and the best member, by metric.
Table gains_table(const Source& source) {
    Table table{
        .caption = "Gain of the ensemble; positive is better",
        .columns = {"metric", "over the mean member", "95 % interval", "over the best member", "95 % interval", "p"}};
    for (const task::Metric& metric : source.task().metrics()) {
        const bool is_first = &metric == &source.metric();
        const std::string key(metric.name);
        const auto part = [&](std::string_view over, std::string_view what) -> const Json& {
            if (is_first) return source.at(fmt::format("gain/{}/{}", over, what == "gain" ? key : std::string(what)));
            return source.at(fmt::format("gain/{}/metrics/{}/{}", over, key, what));
        };
        const auto intervals = [&](std::string_view over) {
            const std::string rows = shown_interval(metric, part(over, "ci95"));
            const std::string members = shown_interval(metric, part(over, "ci95_members"));
            return members.empty() ? rows : fmt::format("{}; {}", rows, members);
        };
        const double over_mean = number_of(part("over_mean_member", "gain"));
        const double over_best = number_of(part("over_best_member", "gain"));
        if (!std::isfinite(over_mean) && !std::isfinite(over_best)) continue;
        table.rows.push_back({heading(metric), shown_gain(metric, over_mean), intervals("over_mean_member"),
                              shown_gain(metric, over_best), intervals("over_best_member"),
                              shown_p(number_of(part("over_best_member", "p_value")))});
    }
    return table;
}

/// What MC dropout reaches with one member alone; nothing where it was not asked for.
Markup dropout_paragraph(const Source& source) {
    const Json& baseline = source.at("mc_dropout");
    if (!baseline.is_object()) return {};
    std::vector<std::string> values;
    for (const task::Metric& metric : source.task().metrics()) {
        if (!metric.in_table) continue;
        values.push_back(fmt::format("{} {} (ensemble {})", heading(metric),
                                     shown(metric, number_of(at(baseline, metric.name))),
                                     shown(metric, ensemble_score(source, metric))));
    }
    return paragraph(Markup::format(
        "For comparison, MC dropout: the mean of {} passes of member {} with dropout on reaches {}.",
        text_of(at(baseline, "passes")), text_of(at(baseline, "member")), fmt::format("{}", fmt::join(values, ", "))));
}

}  // namespace

Markup members_section(const Source& source) {
    if (source.included() == 0) return {};
    Markup html;
    html += element(Figure{.chart = "members",
                           .title = what_is_seen(source),
                           .note = Markup::format("Each dot is a member, its position the value on the test rows. The "
                                                  "diamond is the ensemble, the dashed line the mean member."),
                           .data = members_data(source),
                           .table = members_table(source)});
    html += dropout_paragraph(source);
    const Table gains = gains_table(source);
    if (source.included() > 1 && !gains.rows.empty()) {
        html += paragraph(Markup::format(
            "How much of this is luck? The intervals are those of these members on other test rows; where there are "
            "two, the second also of other members, trained from other seeds. p is the chance to see at least such a "
            "difference to the best member if there were none."));
        html += element(gains);
    }
    return html;
}

Markup combinations_section(const Source& source) {
    const Json& ensemble = source.at("ensemble");
    if (!ensemble.is_object() || source.included() < 2) return {};
    Table table{.columns = {"combination"}};
    std::vector<const task::Metric*> metrics;
    for (const task::Metric& metric : source.task().metrics()) {
        metrics.push_back(&metric);
        table.columns.push_back(heading(metric));
    }
    std::vector<std::pair<std::string, const Json*>> lines;
    for (const auto& [name, scores] : ensemble.items()) {
        // What has a value of the first metric is a combination, and so is the mean member, which is added last.
        if (name != "mean_member" && at(scores, source.metric().name).is_number()) lines.emplace_back(name, &scores);
    }
    if (lines.empty()) return {};
    const std::size_t combinations = lines.size();
    lines.emplace_back("mean member", &at(ensemble, "mean_member"));
    lines.emplace_back("best member on validation data", &at(ensemble, "best_member/test"));
    if (source.at("mc_dropout").is_object()) lines.emplace_back("MC dropout of one member", &source.at("mc_dropout"));
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto& [name, scores] = lines[i];
        std::vector<Cell> row{Cell(name, name == source.combine())};
        for (const task::Metric* metric : metrics) {
            const double value = number_of(at(*scores, metric->name));
            bool is_best = i < combinations && metric->better != task::Better::nominal && combinations > 1;
            for (std::size_t other = 0; other < combinations; ++other) {
                is_best = is_best && !is_better(*metric, number_of(at(*lines[other].second, metric->name)), value);
            }
            row.emplace_back(shown(*metric, value), is_best);
        }
        table.rows.push_back(std::move(row));
    }
    return paragraph(Markup::format("All combinations of the same members, on the test rows. The results of this page "
                                    "are those of <b>{}</b>; in each column the best combination is bold.",
                                    source.combine())) +
           element(table);
}

}  // namespace ensemble::report
