#include "report/page/elements.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/printable.hpp"

namespace ensemble::report {
namespace {

Markup row_of(const Table& table, const std::vector<Cell>& cells) {
    Markup row = Markup::format("<tr>");
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const Markup text =
            cells[i].stands_out ? Markup::format("<b>{}</b>", cells[i].text) : Markup::format("{}", cells[i].text);
        // The end tags of rows and cells may be left out, which is half of a large table.
        if (i == 0) {
            row += Markup::format("<th scope=row>{}", text);
        } else if (i < table.texts) {
            row += Markup::format("<td class=t>{}", text);
        } else {
            row += Markup::format("<td>{}", text);
        }
    }
    return row;
}

}  // namespace

Markup element(const Table& table) {
    Markup html = Markup::format("<div class=\"table\" tabindex=\"0\"><table>");
    if (!table.caption.empty()) html += Markup::format("<caption>{}</caption>", table.caption);
    const bool has_heading =
        std::ranges::any_of(table.columns, [](const std::string& column) { return !column.empty(); });
    if (has_heading) html += Markup::format("<thead><tr>");
    for (std::size_t i = 0; has_heading && i < table.columns.size(); ++i) {
        html += i < table.texts ? Markup::format("<th scope=col class=t>{}", table.columns[i])
                                : Markup::format("<th scope=col>{}", table.columns[i]);
    }
    if (has_heading) html += Markup::format("</thead>");
    html += Markup::format("\n<tbody>");
    for (const std::vector<Cell>& row : table.rows) html += row_of(table, row) + Markup::format("\n");
    return html + Markup::format("</tbody></table></div>\n");
}

Markup element(const Figure& figure) {
    return Markup::format("<figure data-chart=\"{}\">\n<h3>{}</h3>\n<div class=\"plot\"></div>\n", figure.chart,
                          figure.title) +
           Markup::json(figure.data.dump(-1, ' ', false, Json::error_handler_t::replace)) +
           Markup::format(
               "<figcaption>{}</figcaption>\n<details class=\"behind\" open><summary>Table</summary>\n{}"
               "</details>\n</figure>\n",
               figure.note, element(figure.table));
}

Markup paragraph(const Markup& words) {
    return Markup::format("<p>{}</p>\n", words);
}

Json rounded(double value, int digits) {
    if (!std::isfinite(value)) return nullptr;
    return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

Json rounded(const std::vector<double>& values, int digits) {
    Json numbers = Json::array();
    for (const double value : values) numbers.push_back(rounded(value, digits));
    return numbers;
}

Json label(std::string_view text) {
    return core::printable(text);
}

}  // namespace ensemble::report
