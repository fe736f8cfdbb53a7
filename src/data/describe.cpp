#include "data/describe.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/printable.hpp"
#include "core/text.hpp"
#include "data/as_read.hpp"
#include "data/field.hpp"
#include "data/number.hpp"

namespace ensemble::data {
namespace {

constexpr std::size_t most_shown = 5;

std::string first_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(most_shown, names.size()); ++i)
        text += (i > 0 ? ", " : "") + excerpt(names[i]);
    return names.size() > most_shown ? text + ", …" : text;
}

std::string counted(std::size_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string from_to(double low, double high) {
    return fmt::format("numbers from {} to {}", number_as_read(low, 0, 1), number_as_read(high, 0, 1));
}

class TableDescriber {
public:
    TableDescriber(const Columns& columns, const std::vector<TargetColumn>& targets, task::Kind task)
        : columns_(columns), targets_(targets), task_(task), made_(columns.count) {}

    std::vector<ColumnDescription> all() && {
        for (std::size_t i = 0; i < made_.size(); ++i) {
            const std::string name = columns_.header.empty() ? std::string{} : columns_.header[i];
            made_[i].name = name.empty() ? fmt::format("column {}", i + 1) : core::printable(excerpt(name));
            if (columns_.ignored[i]) made_[i].role = "ignored";
        }
        for (const LeftOut& each : columns_.left_out) {
            made_[each.place].role = "left out";
            made_[each.place].remark = each.why;
        }
        for (std::size_t i = 0; i < columns_.places.size(); ++i) describe_feature(i);
        for (std::size_t i = 0; i < columns_.targets.size(); ++i) describe_target(i);
        if (columns_.weight) describe_weight(made_[*columns_.weight]);
        if (columns_.group) describe_group(made_[*columns_.group]);
        return std::move(made_);
    }

private:
    void describe_feature(std::size_t feature) {
        ColumnDescription& made = made_[columns_.places[feature]];
        made.role = "feature";
        made.missing = columns_.missing[feature];
        const Column& column = columns_.schema[feature];
        if (column.kind == ColumnKind::category) {
            made.values = fmt::format("{}: {}", counted(column.levels.size(), "level"), first_of(column.levels));
            return;
        }
        const std::size_t width = columns_.places.size();
        std::set<double> different;
        double low = INFINITY;
        double high = -INFINITY;
        for (std::size_t i = feature; i < columns_.features.size(); i += width) {
            const double value = columns_.features[i];
            if (std::isnan(value)) continue;
            low = std::min(low, value);
            high = std::max(high, value);
            constexpr std::size_t few = 20;
            if (different.size() <= few) different.insert(value);
        }
        if (different.empty()) {
            made.values = "no numbers";
            return;
        }
        made.values = from_to(low, high);
        constexpr std::size_t fewest = 12;
        const bool whole = std::ranges::all_of(different, [](double value) { return value == std::trunc(value); });
        if (different.size() > 2 && different.size() <= fewest && whole)
            made.remark = fmt::format("{}; --categorical makes them levels", counted(different.size(), "whole number"));
    }

    void describe_target(std::size_t target) {
        ColumnDescription& made = made_[columns_.targets[target]];
        made.role = "to be learnt";
        const std::vector<std::string>& words = targets_[target].words;
        if (task_ == task::Kind::classification) {
            const std::set<std::string> different(words.begin(), words.end());
            const std::vector<std::string> names(different.begin(), different.end());
            made.values = fmt::format("{}: {}", counted(names.size(), "value"), first_of(names));
            return;
        }
        std::set<double> different;
        for (const std::string& word : words) different.insert(parse_number(word).value_or(0));
        made.values = fmt::format("{}, {} different", from_to(*different.begin(), *different.rbegin()),
                                  core::grouped(different.size()));
    }

    void describe_weight(ColumnDescription& made) const {
        made.role = "weight";
        const auto [low, high] = std::ranges::minmax(columns_.weights);
        made.values = from_to(low, high);
    }

    void describe_group(ColumnDescription& made) const {
        made.role = "group";
        const std::set<std::string> different(columns_.groups.begin(), columns_.groups.end());
        const std::vector<std::string> names(different.begin(), different.end());
        made.values = fmt::format("{}: {}", counted(names.size(), "group"), first_of(names));
    }

    const Columns& columns_;
    const std::vector<TargetColumn>& targets_;
    task::Kind task_;
    std::vector<ColumnDescription> made_;
};

}  // namespace

TableDescription describe_table(const TextRequest& request) {
    Columns columns = read_columns(request.train, choice_of(request), nullptr);
    const std::vector<TargetColumn> learnt = targets_of(columns);
    const Targets targets = make_targets(learnt, {}, request.task);
    TableDescription table{.file = columns.file,
                           .rows = columns.lines.size(),
                           .has_header = !columns.header.empty(),
                           .task = {},
                           .columns = TableDescriber(columns, learnt, targets.task).all(),
                           .notes = columns.notes};
    table.task = targets.task == task::Kind::classification
                     ? fmt::format("classification, {} classes", targets.class_names.size())
                     : std::string("regression");
    table.notes.insert(table.notes.end(), targets.notes.begin(), targets.notes.end());
    return table;
}

}  // namespace ensemble::data
