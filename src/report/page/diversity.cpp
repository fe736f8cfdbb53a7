#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.hpp"
#include "report/page/generic_charts.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

/// A measure of two members, as the summary has it [members × members].
struct PairMeasure {
    std::string_view key;
    std::string_view name;
    std::string_view text;
    bool is_share;
};

constexpr std::array<PairMeasure, 4> pair_measures{{
    {"disagreement", "disagreement", "share of rows on which the two predict different classes", true},
    {"correlation", "correlation", "of the two members’ errors", false},
    {"q_statistic", "Q statistic", "1: right and wrong on the same rows, 0: independent (Yule)", false},
    {"kappa", "kappa", "agreement beyond chance (Cohen)", false},
}};

using Matrix = std::vector<std::vector<double>>;

/// Empty unless it is square.
Matrix square_matrix(const Json& json) {
    Matrix matrix;
    if (!json.is_array()) return matrix;
    for (const Json& row : json) {
        matrix.push_back(numbers_of(row));
        if (matrix.back().size() != json.size()) return {};
    }
    return matrix;
}

/// The measures that are there, all for the same number of members.
std::vector<std::pair<const PairMeasure*, Matrix>> measures_of(const Source& source) {
    std::vector<std::pair<const PairMeasure*, Matrix>> found;
    for (const PairMeasure& measure : pair_measures) {
        Matrix matrix = square_matrix(source.at(fmt::format("diversity/{}", measure.key)));
        const bool fits = found.empty() || found.front().second.size() == matrix.size();
        if (matrix.size() > 1 && fits) found.emplace_back(&measure, std::move(matrix));
    }
    return found;
}

/// Numbers of the members that a matrix is about: those of the ensemble, where as many are known.
std::vector<std::uint32_t> member_numbers(const Source& source, std::size_t count) {
    std::vector<std::uint32_t> known;
    for (const MemberRow& member : source.members()) {
        if (member.excluded.empty()) known.push_back(member.index);
    }
    if (known.size() == count) return known;
    known.resize(count);
    for (std::size_t i = 0; i < count; ++i) known[i] = static_cast<std::uint32_t>(i);
    return known;
}

/// Every pair of members; of more than 64 members the pairs at both ends of the first measure.
Table pairs_table(const std::vector<std::pair<const PairMeasure*, Matrix>>& measures,
                  const std::vector<std::uint32_t>& members) {
    constexpr std::size_t most = 2016;  // pairs of 64 members
    Table table{.columns = {"members"}};
    for (const auto& [measure, matrix] : measures) table.columns.emplace_back(measure->name);
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (std::size_t a = 0; a < members.size(); ++a) {
        for (std::size_t b = a + 1; b < members.size(); ++b) pairs.emplace_back(a, b);
    }
    if (pairs.size() > most) {
        const Matrix& first = measures.front().second;
        std::ranges::stable_sort(pairs, {}, [&](const auto& pair) { return first[pair.first][pair.second]; });
        pairs.erase(pairs.begin() + most / 2, pairs.end() - most / 2);
        table.caption =
            fmt::format("The pairs at both ends of {}; all are in summary.json", measures.front().first->name);
    }
    for (const auto& [a, b] : pairs) {
        std::vector<Cell> row{fmt::format("{} and {}", members[a], members[b])};
        for (const auto& [measure, matrix] : measures) {
            const double value = matrix[a][b];
            row.emplace_back(measure->is_share ? core::percent(value) : core::number(value, 3));
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

Figure pairs_figure(const Source& source, const std::vector<std::pair<const PairMeasure*, Matrix>>& measures) {
    const std::vector<std::uint32_t> members = member_numbers(source, measures.front().second.size());
    Json data{{"members", members}, {"measures", Json::array()}};
    for (const auto& [measure, matrix] : measures) {
        Json rows = Json::array();  // the half below the diagonal; the matrices are symmetric
        for (std::size_t a = 0; a < matrix.size(); ++a) {
            rows.push_back(
                rounded(std::vector<double>(matrix[a].begin(), matrix[a].begin() + static_cast<std::ptrdiff_t>(a)), 3));
        }
        data["measures"].push_back(
            {{"name", measure->name}, {"text", measure->text}, {"share", measure->is_share}, {"rows", rows}});
    }
    double sum = 0;
    double low = INFINITY;
    double high = -INFINITY;
    double pairs = 0;
    const auto& [measure, matrix] = measures.front();
    for (std::size_t a = 0; a < matrix.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b, ++pairs) {
            sum += matrix[a][b];
            low = std::min(low, matrix[a][b]);
            high = std::max(high, matrix[a][b]);
        }
    }
    const auto show = [&](double value) {
        return measure->is_share ? core::percent(value, 1) : core::number(value, 2);
    };
    std::string title = fmt::format("Two members’ {} is {} on average, from {} to {}", measure->name, show(sum / pairs),
                                    show(low), show(high));
    if (measure->is_share)
        title = fmt::format("Two members disagree on {} of the rows, from {} to {}", show(sum / pairs), show(low),
                            show(high));
    return {.chart = "pairs",
            .title = std::move(title),
            .note = Markup::format("Each field is a pair of members, the fuller the colour the larger. An ensemble "
                                   "gains from members that are good and make different mistakes."),
            .data = std::move(data),
            .table = pairs_table(measures, members)};
}

/// A split of the ensemble's error into that of a member and their diversity, in numbers.
Markup split(const Source& source, std::string_view key) {
    const Json& parts = source.at(fmt::format("diversity/{}", key));
    const double member = number_of(at(parts, "mean_member_error"));
    const double diversity = number_of(at(parts, "diversity"));
    const double ensemble = number_of(at(parts, "ensemble_error"));
    if (!std::isfinite(member) || !std::isfinite(diversity) || !std::isfinite(ensemble)) return {};
    return Markup::format("{} (mean error of a member) − {} (diversity) = <b>{}</b> (error of the ensemble)",
                          shown(member), shown(diversity), shown(ensemble));
}

/// What the ensemble gains is its members' diversity, exactly.
Markup ambiguity(const Source& source) {
    const Markup squares = split(source, "ambiguity");
    if (squares.empty()) return {};
    Markup words = Markup::format(
        "What the ensemble gains is its members’ diversity, to the digit: {}, in {} (Krogh and Vedelsby 1995).",
        squares, source.classifies() ? "the Brier score" : "the mean squared error");
    if (const Markup losses = split(source, "ambiguity_nll"); !losses.empty())
        words += Markup::format(
            " For the geometric mean and the log loss, where diversity is the mean Kullback–Leibler divergence of the "
            "members (Heskes 1998): {}.",
            losses);
    return paragraph(words);
}

Markup twins(const Source& source) {
    const Json& pairs = source.at("diversity/twins");
    if (!pairs.is_array() || pairs.empty()) return {};
    Markup words = Markup::format("Twins, whose predictions are the same: ");
    bool is_first = true;
    for (const Json& pair : pairs) {
        if (!pair.is_array() || pair.size() < 2) continue;
        words += Markup::format("{}members {} and {}", is_first ? "" : ", ", text_of(pair[0]), text_of(pair[1]));
        is_first = false;
    }
    return is_first ? Markup() : Markup::format("<p class=\"warning\">{}. One of them adds nothing.</p>\n", words);
}

/// What the ensemble would reach without one of its members.
Markup leave_one_out(const Source& source) {
    const Json& entries = source.at("diversity/leave_one_out");
    if (!entries.is_array() || entries.size() < 2) return {};
    std::vector<Panel> panels;
    Table table{.caption = "The ensemble without one member", .columns = {"without member"}};
    std::vector<std::vector<Cell>> rows;
    for (const Json& entry : entries) rows.push_back({text_of(at(entry, "member"))});
    for (const task::Metric& metric : source.task().metrics()) {
        const bool share = metric.unit == task::Unit::share;
        Curve curve{.name = "ensemble without that member", .look = 0, .kind = Curve::Kind::marks};
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const double value = number_of(at(entries[i], metric.name));
            if (!std::isfinite(value)) continue;
            curve.points.push_back({static_cast<double>(whole_number(at(entries[i], "member"))), value});
        }
        if (curve.points.size() != entries.size()) continue;
        const double all = number_of(source.at(fmt::format("ensemble/{}/{}", source.combine(), metric.name)));
        Curve whole{.name = "with all members", .look = 1};
        if (std::isfinite(all)) {
            for (const auto* end : {&curve.points.front(), &curve.points.back()})
                whole.points.push_back({end->front(), all});
        }
        table.columns.push_back(heading(metric));
        for (std::size_t i = 0; i < entries.size(); ++i) rows[i].emplace_back(shown(metric, curve.points[i][1]));
        panels.push_back({.x = "member that is left out",
                          .y = heading(metric) + (share ? ", %" : ""),
                          .y_is_share = share,
                          .curves = {curve, whole}});
    }
    if (panels.empty()) return {};
    table.rows = std::move(rows);
    return element(
        Figure{.chart = "curves",
               .title = "What each member contributes: the ensemble without it",
               .note = Markup::format(
                   "A member contributes to a metric as much as the ensemble without it is worse than the line."),
               .data = curves_data(panels),
               .table = std::move(table)});
}

}  // namespace

Markup diversity_section(const Source& source) {
    const auto measures = measures_of(source);
    Markup html = ambiguity(source) + twins(source);
    if (!measures.empty()) html += element(pairs_figure(source, measures));
    return html + leave_one_out(source);
}

}  // namespace ensemble::report
