#include "config/evaluation_sets.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include <fmt/ranges.h>

#include "config/parse_shift.hpp"
#include "core/error.hpp"
#include "data/augmentation.hpp"
#include "data/made_rows.hpp"
#include "store/run_directory.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;

constexpr std::string_view foreign_name = "ood";

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

}  // namespace

data::RowKind row_kind(const Options& options, const core::Shape& shape) {
    return !options.preprocessing.sequence && data::is_image(shape) ? data::RowKind::image : data::RowKind::numbers;
}

analysis::EvaluationSet described_set(const std::string& name, const Options& options, data::RowKind kind) {
    using analysis::SetUse;
    const auto& standard = store::evaluation_set_names;
    if (name == standard[0]) return {.name = name, .use = SetUse::validation};
    if (name == standard[1]) return {.name = name, .use = SetUse::test};
    if (name == foreign_name) return {.name = name, .use = SetUse::foreign};
    for (const ShiftSeries& series : options.shifts) {
        const data::ShiftKind* found = data::find_shift(series.name, kind);
        for (const double value : series.values) {
            if (found == nullptr || name_of_shifted(series.name, value) != name) continue;
            return {.name = name, .use = SetUse::shift, .shift = {series.name, value, std::string(found->unit)}};
        }
    }
    fail(Failure::data, "there is an evaluation set '{}', which nothing in the configuration asks for", name);
}

EvaluationSets::EvaluationSets(const Options& options, const data::Source& source, const data::Split& split) {
    using analysis::SetUse;
    const auto& names = store::evaluation_set_names;
    sets_.push_back(known_set(names[0], SetUse::validation, data::validation_view(source, split)));
    sets_.push_back(known_set(names[1], SetUse::test, data::test_view(source, split)));
    add_shifts(options, source, split);
    add_foreign(options, source);
}

void EvaluationSets::add_shifts(const Options& options, const data::Source& source, const data::Split& split) {
    if (options.shifts.empty()) return;
    const data::RowKind rows = row_kind(options, source.train.shape());
    const data::ShiftBasis basis{.deviations = data::deviations_of(source.train, split.train, rows),
                                 .background = source.background,
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

std::span<const std::uint32_t> EvaluationSets::add_rows(std::size_t count) {
    std::vector<std::uint32_t>& rows = rows_.emplace_back(count);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

}  // namespace ensemble::config
