#include <algorithm>
#include <span>

#include "core/text.hpp"
#include "report/page/base64.hpp"
#include "report/page/sections.hpp"
#include "report/page/shrunk.hpp"

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

Table rows_table(const Examples& examples, std::span<const Example> rows) {
    constexpr std::size_t most_columns = 12;
    Table table{.columns = {"row", "truth", "prediction", "probability", "entropy"}, .texts = 3};
    const std::size_t columns = std::min(examples.columns.size(), most_columns);
    for (std::size_t i = 0; i < columns; ++i) table.columns.push_back(examples.columns[i]);
    if (columns < examples.columns.size()) {
        table.caption = fmt::format("The first {} of {} columns", columns, examples.columns.size());
    }
    for (const Example& example : rows) {
        std::vector<Cell> row{std::to_string(example.row), example.truth, example.prediction,
                              core::percent(example.probability, 1), core::number(example.entropy, 3)};
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
    return part(
               *examples, examples->wrong, "Confident and wrong",
               "Test rows whose wrong class has the largest probability: mistakes that no threshold finds. They may be "
               "mislabelled.") +
           part(*examples, examples->uncertain, "Least certain",
                "Test rows of the largest entropy: what a person should look at first.");
}

}  // namespace ensemble::report
