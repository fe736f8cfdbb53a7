#include "data/long_form.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "data/field.hpp"
#include "data/file_bytes.hpp"
#include "data/generator.hpp"
#include "data/row_extras.hpp"
#include "data/targets.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

/// A table of steps, and where its sequences begin; behind the last there is one more.
struct Steps {
    Columns columns;
    std::vector<std::string> names;  ///< of the sequence that each row belongs to
    std::vector<std::size_t> begins;

    [[nodiscard]] std::size_t sequences() const { return begins.size() - 1; }
    [[nodiscard]] std::size_t longest() const {
        std::size_t most = 0;
        for (std::size_t i = 0; i < sequences(); ++i) most = std::max(most, begins[i + 1] - begins[i]);
        return most;
    }
};

void refuse_categories(const Columns& columns) {
    const auto category = std::ranges::find(columns.schema, ColumnKind::category, &Column::kind);
    if (category == columns.schema.end()) return;
    const std::size_t place = columns.places[static_cast<std::size_t>(category - columns.schema.begin())];
    fail(Failure::data, "{}, {}: holds categories, but steps of a sequence are numbers; leave it out with --ignore",
         columns.file, column_name(columns.header, place));
}

void refuse_gaps(const Columns& columns) {
    const std::size_t width = columns.places.size();
    const auto gap = std::ranges::find_if(columns.features, [](double value) { return std::isnan(value); });
    if (gap == columns.features.end()) return;
    const auto at = static_cast<std::size_t>(gap - columns.features.begin());
    fail(Failure::data, "{}, line {}, {}: has no value; fill it in, or leave the sequence out", columns.file,
         columns.lines[at / width], column_name(columns.header, columns.places[at % width]));
}

/// Throws where `of_rows`, which a sequence has one of, changes within it; `place` is the column they stand in.
template <class Value>
void require_one(const Steps& steps, const std::vector<Value>& of_rows, std::size_t place, std::string_view what) {
    const Columns& columns = steps.columns;
    for (std::size_t i = 0; i < steps.sequences(); ++i) {
        const std::size_t first = steps.begins[i];
        for (std::size_t row = first + 1; row < steps.begins[i + 1]; ++row) {
            if (of_rows[row] == of_rows[first]) continue;
            fail(Failure::data,
                 "{}, line {}, {}: is '{}', but in line {}, where sequence '{}' begins, it is '{}'; a sequence has one "
                 "{}",
                 columns.file, columns.lines[row], column_name(columns.header, place),
                 excerpt(fmt::format("{}", of_rows[row])), columns.lines[first], excerpt(steps.names[first]),
                 excerpt(fmt::format("{}", of_rows[first])), what);
        }
    }
}

/// Of each sequence what its first row has.
template <class Value>
void keep_first(const Steps& steps, std::vector<Value>& of_rows) {
    if (of_rows.empty()) return;
    for (std::size_t i = 0; i < steps.sequences(); ++i) {
        if (steps.begins[i] != i) of_rows[i] = std::move(of_rows[steps.begins[i]]);
    }
    of_rows.resize(steps.sequences());
}

Steps read_steps(const std::filesystem::path& path, const ColumnChoice& choice, const Columns* like) {
    Steps steps{.columns = read_columns(path, choice, like), .names = {}, .begins = {}};
    Columns& columns = steps.columns;
    refuse_categories(columns);
    refuse_gaps(columns);
    steps.names = std::move(columns.words.back());
    columns.words.pop_back();
    for (std::size_t row = 0; row < steps.names.size(); ++row)
        if (row == 0 || steps.names[row] != steps.names[row - 1]) steps.begins.push_back(row);
    steps.begins.push_back(steps.names.size());
    for (std::size_t i = 0; i < columns.words.size(); ++i)
        require_one(steps, columns.words[i], columns.targets[i], "target");
    if (!columns.weights.empty()) require_one(steps, columns.weights, *columns.weight, "weight");
    if (!columns.groups.empty()) require_one(steps, columns.groups, *columns.group, "group");
    keep_first(steps, columns.weights);
    keep_first(steps, columns.groups);
    return steps;
}

/// Those that come back after others are sequences of their own.
std::string note_parted(const Steps& steps) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < steps.sequences(); ++i) {
        const std::size_t first = steps.begins[i];
        if (seen.insert(steps.names[first]).second) continue;
        return fmt::format(
            "{}, line {}: '{}' comes back after others, and counts as another sequence; sort the table if it is the "
            "same",
            steps.columns.file, steps.columns.lines[first], excerpt(steps.names[first]));
    }
    return {};
}

/// The target columns as make_targets() takes them, a row for each sequence.
std::vector<TargetColumn> targets_of_sequences(const Steps& steps) {
    std::vector<TargetColumn> targets;
    for (std::size_t i = 0; i < steps.columns.words.size(); ++i) {
        TargetColumn target{.file = steps.columns.file,
                            .column = column_name(steps.columns.header, steps.columns.targets[i]),
                            .words = {},
                            .lines = {}};
        for (std::size_t sequence = 0; sequence < steps.sequences(); ++sequence) {
            target.words.push_back(steps.columns.words[i][steps.begins[sequence]]);
            target.lines.push_back(steps.columns.lines[steps.begins[sequence]]);
        }
        targets.push_back(std::move(target));
    }
    return targets;
}

Table make_table(const Steps& steps, std::size_t most, const Targets& targets, SharedBytes target_bytes,
                 GroupNumbers& groups) {
    const std::size_t features = steps.columns.places.size();
    require_memory(steps.columns.file, steps.sequences() * most * features * sizeof(double));
    core::Buffer<double> values(steps.sequences() * most * features, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < steps.sequences(); ++i) {
        const auto own = std::span<const double>(steps.columns.features)
                             .subspan(steps.begins[i] * features, (steps.begins[i + 1] - steps.begins[i]) * features);
        std::ranges::copy(own, values.data() + i * most * features);
    }
    const Description description{.task = targets.task,
                                  .element = Element::f64,
                                  .shape = {most, features},
                                  .rows = steps.sequences(),
                                  .outputs = targets.outputs,
                                  .ragged = true};
    return Table(description, share(std::move(values)), std::move(target_bytes)).with(extras_of(steps.columns, groups));
}

std::vector<std::string> names_at(const Columns& columns, std::span<const std::size_t> places) {
    std::vector<std::string> names;
    for (const std::size_t place : places) {
        const std::string name = columns.header.empty() ? std::string{} : core::printable(columns.header[place]);
        names.push_back(name.empty() ? fmt::format("column {}", place + 1) : name);
    }
    return names;
}

/// The first field of a line of CSV, as it stands there.
std::string_view first_field(std::string_view line) {
    if (!line.starts_with('"')) return line.substr(0, line.find(','));
    std::size_t end = 1;
    while (end < line.size() && (line[end] != '"' || (end + 1 < line.size() && line[end + 1] == '"')))
        end += line[end] == '"' ? 2 : 1;
    return line.substr(0, end + 1);
}

class SequenceRows final : public RowStream {
public:
    SequenceRows(const std::filesystem::path& path, const SequenceRowRequest& request)
        : name_(path.string()), request_(request), steps_(open_text_rows(path, steps_request(request))) {}

    bool next(std::size_t most, RowBlock& block) override {
        block.clear();
        while (block.rows < most && !is_over_) {
            if (!has_step()) {
                is_over_ = true;
                if (is_open_) close(block);
                break;
            }
            const std::string_view name = first_field(read_.kept_of(at_));
            if (is_open_ && name != open_name_) {
                close(block);
                if (request_.rows.as_they_come) break;
                continue;
            }
            if (!is_open_) open(name);
            add_step();
        }
        return block.rows > 0;
    }

    const std::vector<std::string>& kept() const noexcept override { return steps_->kept(); }
    bool has_truth() const noexcept override { return steps_->has_truth(); }
    const std::vector<std::string>& notes() const noexcept override { return steps_->notes(); }
    std::vector<std::string> last_notes() const override { return steps_->last_notes(); }

private:
    static TextRowRequest steps_request(const SequenceRowRequest& request) {
        TextRowRequest rows = request.rows;
        rows.keep = request.sequence;
        rows.keep_option = "--sequence";
        return rows;
    }

    [[nodiscard]] bool has_step() {
        constexpr std::size_t at_once = 1024;
        if (at_ < read_.rows) return true;
        at_ = 0;
        return steps_->next(at_once, read_);
    }

    void open(std::string_view name) {
        is_open_ = true;
        open_name_ = name;
        values_.clear();
        const std::size_t targets = read_.truth.size() / read_.rows;
        const auto first = read_.truth.begin() + static_cast<std::ptrdiff_t>(at_ * targets);
        truth_.assign(first, first + static_cast<std::ptrdiff_t>(targets));
    }

    void add_step() {
        const std::size_t features = request_.shape[1];
        const auto step = std::span<const double>(read_.values).subspan(at_ * features, features);
        const std::size_t number = values_.size() / features;
        if (number == request_.shape[0]) {
            fail(Failure::data,
                 "{}: sequence '{}' has more than {} steps, but the networks were trained with {} at most; cut it, or "
                 "train with some as long",
                 name_, excerpt(open_name_), number, number);
        }
        const auto gap = std::ranges::find_if(step, [](double value) { return std::isnan(value); });
        if (gap != step.end()) {
            fail(Failure::data, "{}: sequence '{}', step {}: '{}' has no value; fill it in, or leave the sequence out",
                 name_, excerpt(open_name_), number + 1,
                 excerpt(request_.rows.columns[static_cast<std::size_t>(gap - step.begin())].name));
        }
        values_.insert(values_.end(), step.begin(), step.end());
        ++at_;
    }

    void close(RowBlock& block) {
        values_.resize(request_.shape.elements(), std::numeric_limits<double>::quiet_NaN());
        block.values.insert(block.values.end(), values_.begin(), values_.end());
        block.truth.insert(block.truth.end(), truth_.begin(), truth_.end());
        block.kept += open_name_;
        block.kept_ends.push_back(static_cast<std::uint32_t>(block.kept.size()));
        ++block.rows;
        is_open_ = false;
    }

    std::string name_;
    SequenceRowRequest request_;
    std::unique_ptr<RowStream> steps_;
    RowBlock read_;       ///< steps that were read together
    std::size_t at_ = 0;  ///< the next of these
    bool is_open_ = false;
    bool is_over_ = false;
    std::string open_name_;  ///< of the sequence whose steps are read, as a field of CSV
    std::vector<double> values_;
    std::vector<double> truth_;
};

}  // namespace

SequenceTables read_sequence_tables(const TextRequest& request, const std::string& sequence) {
    ColumnChoice choice = choice_of(request);
    choice.target += "," + sequence;
    Steps train = read_steps(request.train, choice, nullptr);
    std::optional<Steps> test;
    if (request.test) test = read_steps(*request.test, choice, &train.columns);
    const std::vector<TargetColumn> train_targets = targets_of_sequences(train);
    const std::vector<TargetColumn> test_targets = test ? targets_of_sequences(*test) : std::vector<TargetColumn>{};
    const Targets targets = make_targets(train_targets, test_targets, request.task);
    const std::size_t most = std::max(train.longest(), test ? test->longest() : 0);
    std::vector<std::string> notes = std::move(train.columns.notes);
    if (test) notes.insert(notes.end(), test->columns.notes.begin(), test->columns.notes.end());
    notes.insert(notes.end(), targets.notes.begin(), targets.notes.end());
    notes.push_back(note_parted(train));
    if (test) notes.push_back(note_parted(*test));
    if (test) notes.push_back(note_shared_groups(train.columns, test->columns));
    std::erase(notes, std::string{});
    std::vector<std::size_t> target_places = train.columns.targets;
    target_places.pop_back();
    require_some_weight(train.columns);
    GroupNumbers groups;
    Table train_table = make_table(train, most, targets, targets.train, groups);
    std::optional<Table> test_table;
    if (test) test_table = make_table(*test, most, targets, *targets.test, groups);
    return {.train = std::move(train_table),
            .test = std::move(test_table),
            .class_names = targets.class_names,
            .target_names = names_at(train.columns, target_places),
            .weight_name = name_of_column(train.columns, train.columns.weight),
            .group_name = name_of_column(train.columns, train.columns.group),
            .channels = names_at(train.columns, train.columns.places),
            .notes = std::move(notes)};
}

std::unique_ptr<RowStream> open_sequence_rows(const std::filesystem::path& path, const SequenceRowRequest& request) {
    return std::make_unique<SequenceRows>(path, request);
}

}  // namespace ensemble::data
