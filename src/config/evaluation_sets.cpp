#include "config/evaluation_sets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>

#include "analysis/jackknife_plus.hpp"
#include "config/coverage_groups.hpp"
#include "config/parse_shift.hpp"
#include "core/error.hpp"
#include "data/as_read.hpp"
#include "data/augmentation.hpp"
#include "store/run_directory.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;

constexpr std::string_view foreign_name = "ood";
constexpr std::string_view grid_name = "grid";
constexpr std::string_view shuffled_name = "importance";
constexpr std::string_view out_of_bag_name = "out-of-bag";

EvaluationSet known_set(std::string_view name, analysis::SetUse use, const data::View& rows) {
    EvaluationSet set{{.name = std::string(name), .count = rows.size(), .use = use}, rows};
    const data::Table& table = *rows.table;
    if (table.description().task == task::Kind::classification) {
        for (const std::uint32_t row : rows.rows) set.labels.push_back(table.labels()[row]);
        return set;
    }
    set.targets = table.outputs();
    for (const std::uint32_t row : rows.rows) {
        const auto numbers = table.targets().subspan(row * set.targets, set.targets);
        set.numbers.insert(set.numbers.end(), numbers.begin(), numbers.end());
    }
    return set;
}

constexpr std::size_t grid_columns = 48;
constexpr std::size_t grid_rows = 40;

/// What shuffling may cost, whatever the table: columns, test rows, and rows to be predicted in all.
constexpr std::size_t most_shuffled_columns = 200;
constexpr std::size_t most_shuffled_rows = 1000;
constexpr std::size_t most_rows_of_copies = 200'000;

template <class Value>
std::vector<Value> repeated(const std::vector<Value>& values, std::size_t times) {
    std::vector<Value> all;
    for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), values.begin(), values.end());
    return all;
}

/// Of two features.
struct PlaneRange {
    std::array<double, 2> low{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    std::array<double, 2> high{-std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
};

PlaneRange plane_range_of(const std::vector<data::View>& views) {
    PlaneRange range;
    for (const data::View& view : views) {
        for (const std::uint32_t row : view.rows) {
            const std::array<double, 2> values = point_of(view, row);
            for (std::size_t axis = 0; axis < 2; ++axis) {
                range.low.at(axis) = std::fmin(range.low.at(axis), values.at(axis));  // of numbers that are there
                range.high.at(axis) = std::fmax(range.high.at(axis), values.at(axis));
            }
        }
    }
    return range;
}

/// Whether a row is two numbers, and nothing else.
bool is_plane(const data::Table& table) {
    if (table.encoder() == nullptr) return table.shape() == core::Shape{2};
    return table.encoder()->measures() == std::vector<bool>{true, true};
}

/// What a stored 0 is to the network, as the border of turned images: also where pixels share one scale by the way.
float background_of(const data::Source& source) {
    const task::Scale& scale = source.feature_scale;
    if (scale.empty() || !(scale.deviation.front() > 0)) return source.background;
    return static_cast<float>(-scale.mean.front() / scale.deviation.front());
}

/// Throws where these rows cannot be changed that way.
const data::ShiftKind& kind_for(const ShiftSeries& series, const Options& options, const data::Source& source) {
    const data::RowKind rows = row_kind(options, source.train.shape());
    const data::ShiftKind* kind = data::find_shift(series.name, rows);
    if (kind == nullptr) {
        std::vector<std::string_view> names;
        for (const data::ShiftKind& each : data::shift_kinds()) {
            if (each.rows == rows) names.push_back(each.name);
        }
        fail(Failure::usage, "--shift {}: is for images, but a row of {} is {}; for these there are: {}",
             text_of(series), options.data,
             options.preprocessing.sequence ? "a sequence" : fmt::format("a list of {}", source.train.shape().text()),
             fmt::join(names, " "));
    }
    for (const double value : series.values) {
        if (value >= kind->low && value <= kind->high) continue;
        fail(Failure::usage, "--shift {}: {} {} is not between {} and {}", text_of(series), value, kind->unit,
             kind->low, kind->high);
    }
    const task::Scale& scale = source.feature_scale;
    const auto is_shared = [](const std::vector<double>& numbers) {
        return std::ranges::adjacent_find(numbers, std::ranges::not_equal_to()) == numbers.end();
    };
    const bool moves_pixels = series.name != "noise" && rows == data::RowKind::image;
    if (moves_pixels && !(is_shared(scale.mean) && is_shared(scale.deviation))) {
        fail(Failure::usage,
             "--shift {}: pixels change places, but --standardize gives each place a scale of its own here; choose "
             "--standardize all or none",
             text_of(series));
    }
    return *kind;
}

/// Throws where there are none, or too many.
std::vector<data::Column> shuffled_columns(const Options& options, const data::Source& source) {
    const core::Shape& shape = source.train.shape();
    if (shape.rank() != 1) {
        fail(Failure::usage, "--importance {}: shuffles the columns of a table, and a row of {} is {}; leave it out",
             options.importance, options.data, shape.text());
    }
    std::vector<data::Column> columns = data::columns_of(source);
    const bool are_components = source.columns.empty() && options.preprocessing.reduction == data::Reduction::pca;
    for (std::size_t i = 0; are_components && i < columns.size(); ++i)
        columns[i].name = fmt::format("component {}", i + 1);
    if (columns.size() > most_shuffled_columns) {
        fail(Failure::usage, "--importance {}: a row of {} has {} columns, and at most {} are shuffled; leave it out",
             options.importance, options.data, columns.size(), most_shuffled_columns);
    }
    return columns;
}

}  // namespace

std::array<double, 2> point_of(const data::View& view, std::uint32_t row) {
    if (view.table->encoder() != nullptr) return {view.table->stored_row(row)[0], view.table->stored_row(row)[1]};
    std::array<float, 2> values{};
    view.gather(std::span(&row, 1), values.data(), values.size());
    return {double{values[0]}, double{values[1]}};
}

data::RowKind row_kind(const Options& options, const core::Shape& shape) {
    return !options.preprocessing.sequence && data::is_image(shape) ? data::RowKind::image : data::RowKind::numbers;
}

analysis::EvaluationSet described_set(const std::string& name, const Options& options, data::RowKind kind) {
    using analysis::SetUse;
    const auto& standard = store::evaluation_set_names;
    if (name == standard[0]) return {.name = name, .use = SetUse::validation};
    if (name == standard[1]) return {.name = name, .use = SetUse::test};
    if (name == foreign_name) return {.name = name, .use = SetUse::foreign};
    if (name == grid_name) return {.name = name, .use = SetUse::grid};
    if (name == shuffled_name) return {.name = name, .use = SetUse::shuffled};
    if (name == out_of_bag_name) return {.name = name, .use = SetUse::out_of_bag};
    for (const ShiftSeries& series : options.shifts) {
        const data::ShiftKind* found = data::find_shift(series.name, kind);
        for (const double value : series.values) {
            if (found == nullptr || name_of_shifted(series.name, value) != name) continue;
            return {.name = name, .use = SetUse::shift, .shift = {series.name, value, std::string(found->unit)}};
        }
    }
    fail(Failure::data, "there is an evaluation set '{}', which nothing in the configuration asks for", name);
}

EvaluationSets::EvaluationSets(const Options& options, const data::Source& source, const data::Split& split)
    : coverage_groups_(config::coverage_groups(options, source, split)) {
    using analysis::SetUse;
    const auto& names = store::evaluation_set_names;
    sets_.push_back(known_set(names[0], SetUse::validation, data::validation_view(source, split)));
    sets_.push_back(known_set(names[1], SetUse::test, data::test_view(source, split)));
    add_shifts(options, source, split);
    add_foreign(options, source);
    add_grid(options, source, split);
    add_shuffled(options, source);
    add_out_of_bag(options, source, split);
}

void EvaluationSets::add_shifts(const Options& options, const data::Source& source, const data::Split& split) {
    if (options.shifts.empty()) return;
    if (source.train.description().ragged) {
        fail(Failure::usage,
             "--shift {}: rows of {} are sequences of different lengths, which are not changed; leave it out",
             text_of(options.shifts.front()), options.data);
    }
    const data::RowKind rows = row_kind(options, source.train.shape());
    const data::ShiftBasis basis{.deviations = data::deviations_of(source.train, split.train, rows),
                                 .background = background_of(source),
                                 .seed = options.seed};
    for (const ShiftSeries& series : options.shifts) {
        const data::ShiftKind& kind = kind_for(series, options, source);
        for (const double value : series.values) {
            EvaluationSet set = sets_[1];
            static_cast<analysis::EvaluationSet&>(set).name = name_of_shifted(series.name, value);
            set.use = analysis::SetUse::shift;
            set.shift = {.name = series.name, .value = value, .unit = std::string(kind.unit)};
            makers_.push_back(std::make_unique<data::ShiftedRows>(*set.rows.table, kind, value, basis));
            set.rows.maker = makers_.back().get();
            sets_.push_back(std::move(set));
        }
    }
}

void EvaluationSets::add_foreign(const Options& options, const data::Source& source) {
    if (options.ood.empty() || !source.foreign) return;
    makers_.push_back(std::make_unique<data::ForeignRows>(*source.foreign));
    const data::View rows{
        .table = &source.train, .rows = add_rows(source.foreign->rows()), .maker = makers_.back().get()};
    sets_.push_back(
        {{.name = std::string(foreign_name), .count = rows.size(), .use = analysis::SetUse::foreign}, rows});
}

/// As many training rows as intervals are made of, evenly spaced.
void EvaluationSets::add_out_of_bag(const Options& options, const data::Source& source, const data::Split& split) {
    const bool samples_differ = options.bootstrap && options.folds == 0;
    if (!samples_differ || source.train.description().task != task::Kind::regression) return;
    const std::size_t count = std::min(split.train.size(), analysis::JackknifePlus::most_bootstrap_rows);
    data::View rows = data::train_view(source, split);
    std::vector<std::uint32_t>& chosen = rows_.emplace_back();
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(split.train[i * split.train.size() / count]);
    rows.rows = chosen;
    sets_.push_back(known_set(out_of_bag_name, analysis::SetUse::out_of_bag, rows));
}

/// Enough cells to see where a line runs, and few beside the page and a training.
void EvaluationSets::add_grid(const Options& options, const data::Source& source, const data::Split& split) {
    constexpr double margin = 0.06;  // of the data's own range, on each side
    const data::Description& train = source.train.description();
    if (train.task != task::Kind::classification || !is_plane(source.train) ||
        options.preprocessing.reduction != data::Reduction::none)
        return;
    const PlaneRange range = plane_range_of({data::train_view(source, split), data::test_view(source, split)});
    for (std::size_t axis = 0; axis < 2; ++axis) {
        if (!(range.low.at(axis) < range.high.at(axis))) return;
    }
    const double beyond_x = margin * (range.high[0] - range.low[0]);
    const double beyond_y = margin * (range.high[1] - range.low[1]);
    grid_ = {.x_low = range.low[0] - beyond_x,
             .x_high = range.high[0] + beyond_x,
             .y_low = range.low[1] - beyond_y,
             .y_high = range.high[1] + beyond_y,
             .columns = grid_columns,
             .rows = grid_rows};
    makers_.push_back(std::make_unique<data::GridRows>(*grid_, source.train.encoder()));
    const data::View rows{.table = &source.train, .rows = add_rows(grid_->cells()), .maker = makers_.back().get()};
    sets_.push_back({{.name = std::string(grid_name), .count = rows.size(), .use = analysis::SetUse::grid}, rows});
}

void EvaluationSets::add_shuffled(const Options& options, const data::Source& source) {
    if (options.importance == 0) return;
    const std::vector<data::Column> columns = shuffled_columns(options, source);
    const EvaluationSet& test = sets_[1];
    const std::size_t copies = columns.size() * options.importance;
    const std::size_t count =
        std::min({test.count, most_shuffled_rows, std::max<std::size_t>(most_rows_of_copies / copies, 1)});
    shuffled_ = {.names = {}, .repeats = options.importance, .places = {}};
    std::vector<std::size_t> widths;
    for (const data::Column& column : columns) {
        shuffled_->names.push_back(column.name);
        widths.push_back(column.features);
    }
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < count; ++i) {
        shuffled_->places.push_back(i * test.count / count);
        rows.push_back(test.rows.rows[shuffled_->places.back()]);
    }
    EvaluationSet set = known_set(shuffled_name, analysis::SetUse::shuffled, {.table = test.rows.table, .rows = rows});
    makers_.push_back(
        std::make_unique<data::ShuffledRows>(*test.rows.table, rows, widths, options.importance, options.seed));
    set.rows = {.table = test.rows.table, .rows = add_rows(copies * count), .maker = makers_.back().get()};
    set.count = set.rows.size();
    set.labels = repeated(set.labels, copies);
    set.numbers = repeated(set.numbers, copies);
    sets_.push_back(std::move(set));
}

std::span<const std::uint32_t> EvaluationSets::add_rows(std::size_t count) {
    std::vector<std::uint32_t>& rows = rows_.emplace_back(count);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

}  // namespace ensemble::config
