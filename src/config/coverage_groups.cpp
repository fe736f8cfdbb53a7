#include "config/coverage_groups.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "data/as_read.hpp"

namespace ensemble::config {
namespace {

using core::fail;
using core::Failure;

constexpr std::size_t most_values = 8;  ///< of a column each of which is a group; more are cut at quartiles
constexpr std::size_t parts = 4;

/// A column, and where its features begin.
struct Place {
    data::Column column;
    std::size_t number = 0;  ///< of the column
    std::size_t first = 0;
};

[[noreturn]] void refuse_unknown(const std::string& wanted, const std::string& name,
                                 const std::vector<data::Column>& columns) {
    constexpr std::size_t most_listed = 20;
    std::vector<std::string> names;
    for (const data::Column& column : columns) {
        if (names.size() < most_listed) names.push_back(column.name);
    }
    if (names.size() < columns.size()) names.emplace_back("…");
    fail(Failure::usage, "--coverage-by {}: no column that members learn from has that name in {}, which has: {}",
         wanted, name, fmt::join(names, ", "));
}

/// By its name; "3" also stands for "column 3" and "feature 3", as columns without names are called.
Place find_place(const std::string& wanted, const data::Source& source) {
    const std::vector<data::Column> columns = data::columns_of(source);
    for (const char* before : {"", "column ", "feature "}) {
        std::size_t first = 0;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i].name == before + wanted) return {.column = columns[i], .number = i, .first = first};
            first += columns[i].features;
        }
    }
    refuse_unknown(wanted, source.name, columns);
}

/// Stands for a value that is missing, so that all have an order.
constexpr double is_missing = -std::numeric_limits<double>::infinity();

std::vector<double> values_as_read(const data::View& rows, const Place& place) {
    std::vector<double> values;
    for (const std::uint32_t row : rows.rows) {
        const double value = rows.table->stored_row(row)[place.number];
        values.push_back(std::isnan(value) ? is_missing : value);
    }
    return values;
}

/// What the column is in each row: the number that a network sees, or which of several features is the largest.
std::vector<double> values_of(const data::View& rows, const data::Source& source, const Place& place) {
    if (rows.table->encoder() != nullptr) return values_as_read(rows, place);
    constexpr std::size_t block_rows = 512;
    const std::size_t width = rows.table->shape().elements();
    std::vector<float> seen(block_rows * width);
    std::vector<double> values;
    for (std::size_t first = 0; first < rows.size(); first += block_rows) {
        const auto block = rows.rows.subspan(first, std::min(block_rows, rows.size() - first));
        rows.gather(block, seen.data(), width);
        for (std::size_t i = 0; i < block.size(); ++i) {
            const auto row = std::span<const float>(seen).subspan(i * width, width);
            values.push_back(place.column.features == 1
                                 ? double{row[place.first]}
                                 : static_cast<double>(data::largest_feature(source, place.column, place.first, row)));
        }
    }
    return values;
}

/// Of at most four parts of the values, each as large as can be: the largest values of all but the last.
std::vector<double> quartiles_of(std::vector<double> values) {
    std::ranges::sort(values);
    std::vector<double> cuts;
    for (std::size_t part = 1; part < parts; ++part) {
        const double cut = values[(values.size() * part + parts - 1) / parts - 1];
        if (cut < values.back() && (cuts.empty() || cut > cuts.back())) cuts.push_back(cut);
    }
    if (cuts.empty()) cuts.push_back(values.back());  // all are the same, and test rows need not be
    return cuts;
}

/// How values of a column stand in the names of groups.
class Wording {
public:
    Wording(const data::Source& source, const Place& place) : source_(source), place_(place) {}

    [[nodiscard]] std::string of(double value) const {
        if (source_.train.encoder() != nullptr)
            return data::text_of_value(place_.column, value == is_missing ? std::nan("") : value);
        if (place_.column.features > 1) return fmt::format("{}", static_cast<std::size_t>(value) + 1);
        const task::Scale& scale = source_.feature_scale;
        return data::number_as_read(value, scale.mean_of(place_.first), scale.deviation_of(place_.first));
    }

    /// "age ≤ 31.5", "31.5 < age ≤ 40", "age > 40"
    [[nodiscard]] std::string between(const std::vector<double>& cuts, std::size_t part) const {
        const std::string& name = place_.column.name;
        if (part == 0) return fmt::format("{} ≤ {}", name, of(cuts.front()));
        if (part == cuts.size()) return fmt::format("{} > {}", name, of(cuts.back()));
        return fmt::format("{} < {} ≤ {}", of(cuts[part - 1]), name, of(cuts[part]));
    }

private:
    const data::Source& source_;
    const Place& place_;
};

analysis::RowGroups grouped(const std::vector<double>& training, const std::vector<double>& test,
                            const Wording& wording, const data::Column& column) {
    const std::string& name = column.name;
    const bool is_category = column.kind == data::ColumnKind::category;
    analysis::RowGroups groups;
    std::set<double> values(training.begin(), training.end());
    values.insert(test.begin(), test.end());
    if (values.size() <= most_values || is_category) {
        const std::vector<double> all(values.begin(), values.end());
        for (const double value : all) groups.names.push_back(fmt::format("{} = {}", name, wording.of(value)));
        for (const double value : test)
            groups.of_row.push_back(static_cast<std::uint32_t>(std::ranges::lower_bound(all, value) - all.begin()));
        return groups;
    }
    const std::vector<double> cuts = quartiles_of(training);
    for (std::size_t part = 0; part <= cuts.size(); ++part) groups.names.push_back(wording.between(cuts, part));
    for (const double value : test)
        groups.of_row.push_back(static_cast<std::uint32_t>(std::ranges::lower_bound(cuts, value) - cuts.begin()));
    return groups;
}

}  // namespace

analysis::RowGroups coverage_groups(const Options& options, const data::Source& source, const data::Split& split) {
    const std::string& wanted = options.coverage_by;
    if (wanted.empty()) return {};
    const core::Shape& shape = source.train.shape();
    if (options.preprocessing.reduction != data::Reduction::none) {
        fail(Failure::usage, "--coverage-by {}: --reduce leaves no columns as they were read; leave out one of the two",
             wanted);
    }
    if (shape.rank() != 1) {
        fail(Failure::usage, "--coverage-by {}: goes by a column of a table, and a row of {} is {}; leave it out",
             wanted, options.data, shape.text());
    }
    if (options.folds > 0 && source.train.description().task == task::Kind::classification) {
        fail(Failure::usage,
             "--coverage-by {}: with --folds there are no sets of classes to tell of; leave out one of the two",
             wanted);
    }
    const Place place = find_place(wanted, source);
    return grouped(values_of(data::train_view(source, split), source, place),
                   values_of(data::test_view(source, split), source, place), Wording(source, place), place.column);
}

}  // namespace ensemble::config
