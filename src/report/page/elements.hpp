#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "report/page/markup.hpp"

namespace ensemble::report {

using Json = nlohmann::ordered_json;

struct Cell {
    std::string text;
    bool stands_out = false;  ///< the best of its column, the chosen row

    Cell(std::string words, bool emphasis = false) : text(std::move(words)), stands_out(emphasis) {}
    Cell(std::string_view words) : text(words) {}
    Cell(const char* words) : text(words) {}
};

/// Rows of text; the first cell of each says what the row is.
struct Table {
    std::string caption = {};          ///< what the rows are; may be empty
    std::vector<std::string> columns;  ///< headings; all empty: none are shown
    std::size_t texts = 1;             ///< so many of the columns hold text and stand left; the others hold numbers
    std::vector<std::vector<Cell>> rows = {};
};

/// The table as it stands on the page, in a frame that scrolls sideways where the page is too narrow for it.
[[nodiscard]] Markup element(const Table& table);

/// A chart with all that it shows in words and numbers.
struct Figure {
    std::string_view chart;  ///< the function of the page's script that draws it: report.chart("…", …)
    std::string title;       ///< what there is to see
    Markup note;             ///< how to read it: what lines, bands and symbols stand for
    Json data;               ///< what the function gets
    Table table;             ///< the same in numbers
};

/// Title, room for the chart with its data, note, and the table behind it. Without JavaScript the table stands open.
[[nodiscard]] Markup element(const Figure& figure);

/// A paragraph of text.
[[nodiscard]] Markup paragraph(const Markup& words);

/// `value` with `digits` significant digits: what a chart can show, in few characters. What is not finite is null.
[[nodiscard]] Json rounded(double value, int digits = 5);
[[nodiscard]] Json rounded(const std::vector<double>& values, int digits = 5);

/// Text for a chart: as a reader may see it, see escaped().
[[nodiscard]] Json label(std::string_view text);

}  // namespace ensemble::report
