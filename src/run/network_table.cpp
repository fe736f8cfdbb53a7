#include "run/network_table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"

namespace ensemble::run {
namespace {

using core::clipped;
using core::columns;
using core::grouped;
using core::left;
using core::right;
using core::scaled;
using report::Terminal;

using model::Cost;
using model::Described;
using model::Part;

enum Column : std::uint8_t { item, shape, parameters, forward, training, memory };

using Cells = std::array<std::string, 6>;
constexpr std::array<Column, 6> by_importance{item, parameters, shape, forward, memory, training};
constexpr std::size_t gap = 2;
constexpr std::size_t widest_item = 34;
constexpr std::size_t narrowest_item = 12;

/// Empty where there is nothing to count.
std::string count_text(double count) {
    return count > 0 ? scaled(count) : "";
}

Cells cells_of(const std::string& name, const std::string& shapes, const Cost& cost, const std::string& no_bytes) {
    return {name,
            shapes,
            cost.parameters > 0 ? grouped(cost.parameters) : "",
            count_text(cost.forward),
            count_text(cost.training),
            cost.bytes > 0 ? core::bytes(cost.bytes) : no_bytes};
}

/// "no. 1", "no. 2 to 9, each".
std::string copies_text(std::size_t first, std::size_t times) {
    if (times == 1) return fmt::format("no. {}", first);
    return fmt::format("no. {} to {}, each", first, first + times - 1);
}

class Table {
public:
    void add(const std::vector<Described>& items, std::size_t depth) {
        for (const Described& one : items) add(one, depth);
    }

    void add(Cells cells) { rows_.push_back(std::move(cells)); }

    [[nodiscard]] std::string text(const Terminal& terminal) const {
        const std::array<std::size_t, 6> widths = fitting_widths(terminal);
        std::string lines;
        const std::size_t whole = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
        std::string rule;
        for (std::size_t i = 0; i < whole; ++i) rule += "─";
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            if (row == 1 || row + 1 == rows_.size()) lines += rule + "\n";
            std::string line = left(short_item(rows_[row][item], widths[item]), widths[item]);
            if (widths[shape] > 0) line += std::string(gap, ' ') + left(rows_[row][shape], widths[shape] - gap);
            for (const Column column : {parameters, forward, training, memory}) {
                if (widths.at(column) > 0) line += right(rows_[row].at(column), widths.at(column));
            }
            line.resize(line.find_last_not_of(' ') + 1);
            lines += line + "\n";
        }
        return lines;
    }

private:
    void add(const Described& one, std::size_t depth) {
        const std::string indent(2 * depth, ' ');
        const bool block = !one.parts.empty();
        add(cells_of(indent + one.text + (block && one.own.parameters > 0 ? " with projection" : ""),
                     shapes_of(one.input, one.output), one.own, block ? "" : "none"));
        std::size_t number = 1;
        for (const Part& part : one.parts) {
            // The network of a skip needs no heading.
            const bool is_repeat = one.name == "repeat";
            const bool is_split = one.name == "split";
            if (is_split) add({indent + fmt::format("  branch {}", number), "", "", "", "", ""});
            if (is_repeat) add({indent + "  " + copies_text(number, part.times), "", "", "", "", ""});
            add(part.items, depth + (is_split || is_repeat ? 2 : 1));
            number += part.times;
        }
    }

    static std::string shapes_of(const core::Shape& input, const core::Shape& output) {
        return input == output ? output.text() : fmt::format("{} → {}", input.text(), output.text());
    }

    static std::string short_item(const std::string& text, std::size_t width) {
        return columns(text) <= width ? text : clipped(text, width - 1) + "…";
    }

    /// Of each column with the gap before it; 0 for those that are left out.
    [[nodiscard]] std::array<std::size_t, 6> fitting_widths(const Terminal& terminal) const {
        std::array<std::size_t, 6> wanted{};
        for (const Cells& row : rows_) {
            for (std::size_t column = 0; column < row.size(); ++column)
                wanted.at(column) = std::max(wanted.at(column), columns(row.at(column)) + (column == item ? 0 : gap));
        }
        wanted[item] = std::min(wanted[item], widest_item);
        if (!terminal.live) return wanted;
        // The last column stays free, as in the table of results.
        const std::size_t room = std::max<std::size_t>(terminal.columns, narrowest_item + 1) - 1;
        std::array<std::size_t, 6> widths{};
        widths[item] = std::min(wanted[item], room);
        std::size_t taken = widths[item];
        for (const Column column : by_importance) {
            if (column == item) continue;
            const std::size_t over = taken + wanted.at(column) > room ? taken + wanted.at(column) - room : 0;
            // Names may be shortened for the sake of another column, not beyond recognition.
            const std::size_t spare = widths[item] > narrowest_item ? widths[item] - narrowest_item : 0;
            if (over > spare) break;
            widths[item] -= over;
            widths.at(column) = wanted.at(column);
            taken += wanted.at(column) - over;
        }
        return widths;
    }

    std::vector<Cells> rows_;
};

}  // namespace

std::string network_table(const model::NetworkSummary& network, const Terminal& terminal) {
    Table table;
    table.add({"", "shape", "parameters", "FLOPs", "training", "memory"});
    table.add(cells_of("input", network.input.text(), {.bytes = network.input_bytes}, ""));
    std::vector<Described> items = network.items;
    if (!items.empty()) items.back().text += ", the output";
    table.add(items, 0);
    table.add(cells_of("gradients", "", {.bytes = network.gradient_bytes}, ""));
    const Cost total = network.total();
    table.add(cells_of("together", network.input.text() + " → " + items.back().output.text(), total, ""));
    return table.text(terminal);
}

}  // namespace ensemble::run
