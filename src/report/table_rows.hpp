#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"
#include "report/terminal.hpp"
#include "task/score.hpp"

namespace ensemble::report {

/// "97.31 %", "0.0123", "12.345", "4312.6", "123457", "1.2e+08": no wider than a column of the table has room for, with
/// as many digits as that leaves. What would look like 0 is told by its power of ten.
[[nodiscard]] std::string measured(const task::Metric& metric, double value);

using Cells = std::vector<std::string>;

/// The table's lines, of as many columns as the terminal has room for; a log has all.
class TableRows {
public:
    TableRows(const Terminal& terminal, const task::Task& task) : best_(task.best) {
        constexpr std::array<std::size_t, 3> before{18, 7, 11};  // name, epochs, validation
        constexpr std::size_t first_metric = 9;
        constexpr std::size_t other_metric = 8;
        constexpr std::size_t time = 13;
        widths_.assign(before.begin(), before.end());
        for (const task::Metric& metric : task.metrics()) {
            if (!metric.in_table) continue;
            widths_.push_back(metrics_.empty() ? first_metric : other_metric);
            metrics_.push_back(&metric);
            places_.push_back(static_cast<std::size_t>(&metric - task.metrics().data()));
        }
        widths_.push_back(time);
        shown_.resize(widths_.size());
        std::vector<std::size_t> by_importance{0, 3, 2, 4, 1};
        for (std::size_t i = by_importance.size(); i < widths_.size(); ++i) by_importance.push_back(i);
        constexpr std::size_t always_shown = 2;
        for (std::size_t i = 0; i < by_importance.size(); ++i) {
            const std::size_t column = by_importance[i];
            const bool fits = !terminal.live || width_ + widths_[column] < terminal.columns;
            if (!fits && i >= always_shown) break;
            shown_[column] = true;
            width_ += widths_[column];
        }
    }

    [[nodiscard]] std::string heading() const {
        Cells titles;
        for (const task::Metric* metric : metrics_) titles.emplace_back(metric->title);
        return row({"", "epochs", "validation"}, std::move(titles), "time");
    }

    /// `before`: name, epochs, validation. Without scores, nothing stands in their columns.
    [[nodiscard]] std::string row(Cells before, Cells values, const std::string& time) const {
        values.resize(metrics_.size());
        before.insert(before.end(), values.begin(), values.end());
        before.push_back(time);
        std::string line = core::left(before[0], widths_[0]);
        for (std::size_t i = 1; i < before.size(); ++i) {
            if (shown_[i]) line += core::right(before[i], widths_[i]);
        }
        const std::size_t end = line.find_last_not_of(' ');
        line.resize(end + 1);
        line += '\n';
        return line;
    }

    [[nodiscard]] Cells values(const task::Scores& scores) const {
        Cells cells;
        for (std::size_t i = 0; i < metrics_.size(); ++i) cells.push_back(measured(*metrics_[i], scores[places_[i]]));
        return cells;
    }

    [[nodiscard]] std::string rule() const {
        std::string line;
        for (std::size_t i = 0; i < width_; ++i) line += "─";
        line += '\n';
        return line;
    }

    /// "NLL: negative log-likelihood".
    [[nodiscard]] std::string legend() const {
        std::string text = fmt::format("best: of {}", best_);
        for (const task::Metric* metric : metrics_) {
            if (metric->title != "test") text += fmt::format(" · {}: {}", metric->title, metric->text);
        }
        constexpr std::size_t columns = 100;
        return core::wrapped(text + "\n", columns) + "\n";
    }

private:
    std::string_view best_;
    std::vector<std::size_t> widths_;
    std::vector<const task::Metric*> metrics_;
    std::vector<std::size_t> places_;  ///< of these among the task's metrics
    std::vector<bool> shown_;
    std::size_t width_ = 0;
};

}  // namespace ensemble::report
