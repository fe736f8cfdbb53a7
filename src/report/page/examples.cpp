#include <algorithm>
#include <iterator>
#include <span>

#include "core/text.hpp"
#include "report/page/base64.hpp"
#include "report/page/sections.hpp"
#include "report/page/shrunk.hpp"
#include "report/page/wording.hpp"

namespace ensemble::report {
namespace {

/// So many of each kind are shown.
constexpr std::size_t most_shown = 12;

/// What images are made smaller to: larger ones would be most of the page.
constexpr std::size_t longest_side = 40;

/// "seven 54.1 %, is one": the prediction first, since that is what the row is here for.
Markup verdict(const Example& example) {
    const Markup said = Markup::format("<b>{}</b> {}", example.prediction, core::percent(example.probability, 1));
    if (example.prediction == example.truth) return said + Markup::format("<br>is right");
    return said + Markup::format("<br>is {}", example.truth);
}

Markup gallery(const Examples& examples, std::span<const Example> rows) {
    Markup items;
    for (const Example& example : rows) {
        const store::Picture image{.height = examples.height,
                                   .width = examples.width,
                                   .channels = examples.channels,
                                   .pixels = example.pixels};
        if (!is_whole(image)) continue;
        const std::string file = store::to_png(shrunk(image, longest_side));
        items += Markup::format(
            "<li><img alt=\"test row {}\" src=\"data:image/png;base64,{}\"><span>{}<br>row {}</span></li>\n",
            example.row, base64(std::as_bytes(std::span(file))), verdict(example), example.row);
    }
    return items.empty() ? items : Markup::format("<ul class=\"gallery\">\n{}</ul>\n", items);
}

/// What is said of a class, or of numbers: headings, and the cells below them.
std::vector<std::string> headings_of_said(const Examples& examples) {
    if (examples.targets.empty()) return {"truth", "prediction", "probability", "entropy"};
    std::vector<std::string> headings;
    for (const std::string& target : examples.targets) {
        const std::string name = examples.targets.size() > 1 ? target + ": " : std::string();
        for (const char* what : {"truth", "predicted", "error", "standard deviation"}) headings.push_back(name + what);
    }
    return headings;
}

std::vector<Cell> cells_of_said(const Examples& examples, const Example& example) {
    if (examples.targets.empty()) {
        return {example.truth, example.prediction, core::percent(example.probability, 1),
                core::number(example.entropy, 3)};
    }
    std::vector<Cell> cells;
    for (const Example::Number& number : example.numbers) {
        for (const double value : {number.truth, number.mean, number.mean - number.truth, number.deviation})
            cells.emplace_back(shown(value));
    }
    cells.resize(headings_of_said(examples).size(), Cell("–"));
    return cells;
}

Table rows_table(const Examples& examples, std::span<const Example> rows) {
    Table table{.columns = {"row"}, .texts = examples.targets.empty() ? 3U : 1U};
    std::ranges::copy(headings_of_said(examples), std::back_inserter(table.columns));
    const std::size_t columns = std::min(examples.columns.size(), Examples::most_columns);
    for (std::size_t i = 0; i < columns; ++i) table.columns.push_back(examples.columns[i]);
    const std::size_t all = std::max(examples.all_columns, examples.columns.size());
    if (columns > 0 && columns < all) table.caption = fmt::format("The first {} of {} columns", columns, all);
    for (const Example& example : rows) {
        std::vector<Cell> row{std::to_string(example.row)};
        std::ranges::copy(cells_of_said(examples, example), std::back_inserter(row));
        for (std::size_t i = 0; i < columns; ++i) row.emplace_back(i < example.values.size() ? example.values[i] : "–");
        table.rows.push_back(std::move(row));
    }
    return table;
}

Markup part(const Examples& examples, const std::vector<Example>& all, std::string_view title, std::string_view text) {
    const auto rows = std::span(all).first(std::min(all.size(), most_shown));
    if (rows.empty()) return {};
    Markup html = Markup::format("<h3>{}</h3>\n", title) + paragraph(Markup::format("{}", text));
    const Markup images = gallery(examples, rows);
    return html + (images.empty() ? element(rows_table(examples, rows)) : images);
}

}  // namespace

Markup examples_section(const Source& source) {
    const std::optional<Examples>& examples = source.extras().examples;
    if (!examples) return {};
    if (!source.classifies()) {
        return part(*examples, examples->wrong, "Furthest from the truth",
                    "Test rows with the largest errors. Where the standard deviation is small beside the error the "
                    "ensemble was sure: the row itself may be wrong.") +
               part(*examples, examples->uncertain, "Least certain",
                    "Test rows of the largest predicted variance: what a person should look at first.");
    }
    return part(
               *examples, examples->wrong, "Confident and wrong",
               "Test rows whose wrong class has the largest probability: mistakes that no threshold finds. They may be "
               "mislabelled.") +
           part(*examples, examples->uncertain, "Least certain",
                "Test rows of the largest entropy: what a person should look at first.");
}

}  // namespace ensemble::report
