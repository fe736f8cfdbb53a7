#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "report/page/generic_charts.hpp"
#include "report/page/sections.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

/// "aps, 90 %"; of several targets with its name: "height: cqr, 90 %".
std::string name_of_entry(const Source& source, const Json& entry) {
    const bool is_one_of_several = source.at("data/targets").size() > 1 && entry.contains("target");
    const std::string target = is_one_of_several ? text_of(at(entry, "target")) + ": " : std::string();
    return fmt::format("{}{}, {}", target, text_of(at(entry, "method")),
                       core::percent(number_of(at(entry, "level")), 0));
}

/// Mean number of classes in a set, or mean width of an interval.
std::string mean_extent(const Json& entry) {
    const double size = number_of(at(entry, "mean_size"));
    return std::isfinite(size) ? fmt::format("{:.2f} classes", size) : shown(number_of(at(entry, "mean_width")));
}

/// Nothing is guaranteed where the calibration rows had a part in training or in the combination, or come in groups.
std::string guarantee_of(const Json& entry) {
    const double share = number_of(at(entry, "guaranteed"));
    return std::isfinite(share) ? core::percent(share, 1) : "nothing";
}

Table coverage_table(const Source& source, const Json& entries) {
    Table table{.caption = "Coverage of the test rows",
                .columns = {"method", "calibration rows", "guaranteed", "covered", "95 % interval", "mean extent"}};
    for (const Json& entry : entries) {
        table.rows.push_back({name_of_entry(source, entry), core::grouped(whole_number(at(entry, "calibration_rows"))),
                              guarantee_of(entry), core::percent(number_of(at(entry, "coverage"))),
                              fmt::format("{} to {}", core::percent(number_of(at(entry, "ci95/0"))),
                                          core::percent(number_of(at(entry, "ci95/1")))),
                              mean_extent(entry)});
    }
    return table;
}

/// What the groups are of.
std::string groups_caption(const Source& source) {
    const std::string column = text_of(source.at("config/coverage-by"));
    if (!column.empty()) return fmt::format("Coverage by {}, with 95 % intervals", column);
    return source.classifies() ? "Coverage by the true class, with 95 % intervals"
                               : "Coverage by group, with 95 % intervals";
}

/// "88.20 % (85.1 to 90.9)"; it stands out where that lies below what all rows together shall have.
Cell group_cell(const Json& group, double level) {
    const double high = number_of(at(group, "ci95/1"));
    std::string text = core::percent(number_of(at(group, "coverage")));
    if (whole_number(at(group, "rows")) == 0) return "–";
    if (std::isfinite(high)) {
        text += fmt::format(" ({} to {})", core::number(100 * number_of(at(group, "ci95/0")), 1),
                            core::number(100 * high, 1));
    }
    return {text, high < level};
}

/// What is guaranteed; where that is nothing, what is aimed at.
double wanted_share(const Json& entry) {
    const double guaranteed = number_of(at(entry, "guaranteed"));
    return std::isfinite(guaranteed) ? guaranteed : number_of(at(entry, "level"));
}

/// Coverage in each group, a column for each method.
Table groups_table(const Source& source, const Json& entries) {
    Table table{.caption = groups_caption(source), .columns = {"group", "rows"}};
    const Json& groups = at(entries, "0/groups");
    if (!groups.is_array()) return table;
    for (const Json& entry : entries) table.columns.push_back(name_of_entry(source, entry));
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::vector<Cell> row{text_of(at(groups[i], "name")), core::grouped(whole_number(at(groups[i], "rows")))};
        for (const Json& entry : entries)
            row.push_back(group_cell(at(entry, fmt::format("groups/{}", i)), wanted_share(entry)));
        table.rows.push_back(std::move(row));
    }
    return table;
}

/// What is promised is so of all rows together.
Markup groups_part(const Source& source, const Json& entries) {
    const Table table = groups_table(source, entries);
    if (table.rows.empty()) return {};
    std::size_t low = 0;
    for (const std::vector<Cell>& row : table.rows) low += std::ranges::any_of(row, &Cell::stands_out) ? 1 : 0;
    const std::string found =
        low == 0 ? "No group here lies below it by more than chance allows."
                 : fmt::format(
                       "In {} of {} groups the whole interval of some method lies below it: these stand out (by "
                       "chance alone, one in forty would).",
                       low, table.rows.size());
    return Markup::format("<h3>By group</h3>\n") +
           paragraph(Markup::format("The probability is one over all rows; in a group of them it may be lower, "
                                    "which nothing guarantees against. {}",
                                    found)) +
           element(table);
}

/// Whether rows of a group were kept in one part.
bool are_grouped(const Source& source) {
    return !text_of(source.at("config/group")).empty();
}

Markup groups_words(const Source& source) {
    if (!are_grouped(source)) return {};
    return paragraph(
        Markup::format("Here rows come in groups, by {}, of which those of the test rows are others than those that "
                       "was calibrated with: rows of a group are alike, so that the coverage of new groups may be "
                       "lower, and nothing is guaranteed.",
                       text_of(source.at("config/group"))));
}

/// How the intervals from rows that members were trained on relate to the others; nothing where there are none.
Markup plus_words(const Source& source, const Json& entries) {
    for (const Json& entry : entries) {
        const std::string method = text_of(at(entry, "method"));
        if (method != "cv+" && method != "jackknife+") continue;
        const double guaranteed = number_of(at(entry, "guaranteed"));
        const std::string level = core::percent(number_of(at(entry, "level")), 0);
        const std::string promise =
            std::isfinite(guaranteed)
                ? fmt::format(
                      "Intervals made for {} are guaranteed to hold the truth of {} of new rows (Barber, Candès, "
                      "Ramdas and Tibshirani 2021); in practice it is about as many as they are made for.",
                      level, core::percent(guaranteed, 1))
                : fmt::format("Of intervals made for {} nothing is guaranteed here, since {}.", level,
                              are_grouped(source) ? "rows of a group are alike"
                                                  : "members stopped when they were best on these rows");
        return paragraph(
            Markup::format("{} takes its residuals from rows that members were trained on, each predicted by those "
                           "alone that had not seen it, so that no rows are kept back for calibration. {}",
                           method == "cv+" ? "CV+" : "Jackknife+", promise));
    }
    return {};
}

/// What to see. The interval says whether a coverage below the guarantee is more than the luck of the test rows.
std::string title_of(const std::vector<IntervalRow>& rows) {
    std::size_t promised = 0;
    std::size_t kept = 0;
    for (const IntervalRow& row : rows) {
        if (!std::isfinite(row.target)) continue;
        ++promised;
        if (row.high >= row.target) ++kept;
    }
    if (promised == 0) return "How often the test rows are covered, where nothing is guaranteed";
    if (kept == promised) return "What guarantees a coverage keeps it on the test rows";
    return fmt::format("{} of {} methods cover the test rows as often as they guarantee", kept, promised);
}

}  // namespace

Markup conformal_section(const Source& source) {
    const Json& entries = source.at("conformal");
    if (!entries.is_array()) return {};
    std::vector<IntervalRow> rows;
    for (const Json& entry : entries) {
        const IntervalRow row{.name = name_of_entry(source, entry),
                              .value = number_of(at(entry, "coverage")),
                              .low = number_of(at(entry, "ci95/0")),
                              .high = number_of(at(entry, "ci95/1")),
                              .target = number_of(at(entry, "guaranteed"))};
        if (!std::isfinite(row.value)) continue;
        rows.push_back(row);
    }
    if (rows.empty()) return {};
    const std::string what = source.classifies() ? "sets of classes" : "intervals";
    Markup html =
        paragraph(Markup::format("Conformal prediction makes {} that hold the truth with a given probability, whatever "
                                 "the data are like, as long as "
                                 "calibration and test rows are drawn alike.",
                                 what));
    html += element(
        Figure{.chart = "intervals",
               .title = title_of(rows),
               .note = Markup::format("Symbols: share of the test rows whose truth is covered, with its exact 95 % "
                                      "interval (Clopper and Pearson). Upright strokes: what is guaranteed."),
               .data = intervals_data("test rows covered, %", true, NAN, rows),
               .table = coverage_table(source, entries)});
    return html + plus_words(source, entries) + groups_words(source) + groups_part(source, entries);
}

}  // namespace ensemble::report
