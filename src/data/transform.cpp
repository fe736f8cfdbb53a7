#include "data/transform.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/generator.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;
using Groups = std::vector<std::size_t>;

/// In deviations of the training rows: where no network can say anything about a row.
constexpr float far_away = 1e6F;

Groups groups_of(Standardize standardize, const core::Shape& shape) {
    Groups group(shape.elements());
    std::iota(group.begin(), group.end(), std::size_t{0});
    if (standardize == Standardize::features || standardize == Standardize::none) return group;
    const std::size_t channels = standardize == Standardize::all || shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    for (std::size_t& g : group) g %= channels;
    return group;
}

std::vector<std::uint32_t> all_rows(const Table& table) {
    std::vector<std::uint32_t> rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

}  // namespace

RowMatrix LinearMap::standardised(std::span<const double> values, std::size_t width) const {
    RowMatrix result(static_cast<Eigen::Index>(values.size() / width), static_cast<Eigen::Index>(chosen.size()));
    double* out = result.data();
    for (std::size_t i = 0; i < values.size(); i += width) {
        if (unit.empty()) {
            for (std::size_t j = 0; j < chosen.size(); ++j) *out++ = (values[i + chosen[j]] - mean[j]) * factor[j];
        } else {
            for (std::size_t j = 0; j < chosen.size(); ++j)
                *out++ = (values[i + chosen[j]] * unit[j] - mean[j]) * factor[j];
        }
    }
    return result;
}

RowMatrix LinearMap::apply(std::span<const double> values, std::size_t width) const {
    RowMatrix block = standardised(values, width);
    if (components.size() > 0) block = ((block.rowwise() - centre) * components).eval();
    return block;
}

Transform::Transform(const Source& source, Rows rows, const Preprocessing& preprocessing)
    : source_(&source), standardises_(preprocessing.standardize != Standardize::none), shape_(source.train.shape()) {
    map_.chosen.resize(shape_.elements());
    std::iota(map_.chosen.begin(), map_.chosen.end(), 0U);
    if (preprocessing.reduction == Reduction::variance) choose_most_varying(rows, preprocessing.keep);
    map_.mean.assign(map_.chosen.size(), 0.0);
    map_.factor.assign(map_.chosen.size(), 1.0);
    if (standardises_) standardise(rows, preprocessing.standardize);
    refuse_collapse(rows, groups_of(preprocessing.standardize, source.train.shape()));
    if (preprocessing.reduction == Reduction::pca) find_components(rows, preprocessing.keep);
    if (preprocessing.reduction != Reduction::none) shape_ = {preprocessing.keep};
}

/// The `keep` features that vary most, the first of equals, in ascending order.
void Transform::choose_most_varying(Rows rows, std::size_t keep) {
    const Moments moments = measure(source_->train, rows, groups_of(Standardize::features, shape_));
    const auto deviation = [&](std::uint32_t j) { return moments.deviation[j] / moments.unit[j]; };
    std::ranges::stable_sort(map_.chosen, std::greater<>(), deviation);
    map_.chosen.resize(keep);
    std::ranges::sort(map_.chosen);
}

void Transform::standardise(Rows rows, Standardize standardize) {
    const Groups group = groups_of(standardize, shape_);
    const Moments moments = measure(source_->train, rows, group);
    if (!moments.plain()) map_.unit.assign(map_.chosen.size(), 1.0);
    std::size_t rounded = 0;
    for (std::size_t j = 0; j < map_.chosen.size(); ++j) {
        const std::size_t g = group[map_.chosen[j]];
        const bool varies = moments.deviation[g] > 0;
        if (moments.rounded[g] && rounded++ == 0) note_ = feature_name(map_.chosen[j]);
        map_.factor[j] = varies ? 1.0 / moments.deviation[g] : 0.0;
        // In a unit of its own, a constant could meet a value that is no number in it.
        if (!varies && moments.unit[g] != 1.0) continue;
        map_.mean[j] = moments.mean[g];
        if (!map_.unit.empty()) map_.unit[j] = moments.unit[g];
    }
    if (rounded == 0) return;
    note_ = fmt::format(
        "{}: the values of {}{} differ by no more than rounding does, so that it counts as constant; give its "
        "difference from a common value if it is a measurement",
        source_->name, note_, rounded > 1 ? fmt::format(" and {} more", rounded - 1) : "");
}

RowMatrix Transform::standardised(std::span<const double> values) const {
    return map_.standardised(values, source_->train.shape().elements());
}

/// One value that is a mark rather than a measurement, such as 1.8e308, takes the whole range of single precision for
/// itself: numbers that differ become one. Refused where this happens to most of the training rows, each held against
/// the one before; told where it happens to some.
void Transform::refuse_collapse(Rows rows, const Groups& group) {
    constexpr std::size_t enough = 4096;
    constexpr double told_from = 50;  // one in so many
    const std::size_t width = group.size();
    std::vector<std::uint32_t> merged(map_.chosen.size());
    std::vector<double> last_values;
    std::vector<float> last(map_.chosen.size());
    const Rows looked_at = rows.first(std::min(enough, rows.size()));
    for_each_block(source_->train, looked_at, [&](std::size_t, std::span<const double> values) {
        const RowMatrix made = standardised(values);
        for (Eigen::Index row = 0; row < made.rows(); ++row) {
            const auto now = values.subspan(static_cast<std::size_t>(row) * width, width);
            for (std::size_t j = 0; j < map_.chosen.size(); ++j) {
                const auto value = static_cast<float>(made(row, static_cast<Eigen::Index>(j)));
                if (!last_values.empty() && value == last[j] && now[map_.chosen[j]] != last_values[map_.chosen[j]])
                    ++merged[j];
                last[j] = value;
            }
            last_values.assign(now.begin(), now.end());
        }
    });
    std::vector<double> share(std::ranges::max(group) + 1);
    std::vector<double> features(share.size());
    for (std::size_t j = 0; j < map_.chosen.size(); ++j) {
        ++features[group[map_.chosen[j]]];
        if (map_.factor[j] > 0) share[group[map_.chosen[j]]] += merged[j];
    }
    for (std::size_t g = 0; g < share.size(); ++g) {
        const double pairs = features[g] * static_cast<double>(looked_at.size() - 1);
        if (2 * share[g] > pairs) refuse_collapsed_group(rows, group, g);
        if (told_from * share[g] < pairs || share[g] == 0 || !lost_.empty()) continue;
        lost_ = fmt::format(
            "{}, {}: {:.0f} % of its numbers differ from those of the row before and cannot be told from them in "
            "single "
            "precision, seven digits; write the column as distances from a number near all of them, or its logarithm",
            source_->name, feature_name(static_cast<std::size_t>(std::ranges::find(group, g) - group.begin())),
            100 * share[g] / pairs);
    }
}

void Transform::refuse_collapsed_group(Rows rows, const Groups& group, std::size_t g) const {
    const std::size_t width = group.size();
    double largest = -1;
    double value = 0;
    std::size_t where = 0;
    for_each_block(source_->train, rows, [&](std::size_t first, std::span<const double> values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (group[i % width] != g || !(std::abs(values[i]) > largest)) continue;
            largest = std::abs(values[i]);
            value = values[i];
            where = rows[first + i / width] * width + i % width;
        }
    });
    const std::string column = feature_name(where % width);
    if (!standardises_) {
        fail(Failure::data,
             "{}, {}: numbers such as {} in row {} (counted from 0) are too large or too small for single precision to "
             "tell them apart; choose --standardize features",
             source_->name, column, value, where / width);
    }
    fail(Failure::data,
         "{}, {}: beside {} in row {} (counted from 0), other numbers of it cannot be told apart in single precision; "
         "if it marks a missing value, fill it in or remove the row, else give the logarithm of the column",
         source_->name, column, value, where / width);
}

void Transform::find_components(Rows rows, std::size_t keep) {
    const std::size_t width = shape_.elements();
    map_.centre = Eigen::RowVectorXd::Zero(static_cast<Eigen::Index>(width));
    for_each_block(source_->train, rows, [&](std::size_t first, std::span<const double> values) {
        const RowMatrix made = standardised(values);
        // Squares of what single precision holds are numbers in double precision.
        for (Eigen::Index i = 0; i < made.size(); ++i) {
            if (std::abs(made.data()[i]) <= std::numeric_limits<float>::max()) continue;
            const auto place = static_cast<std::size_t>(i);
            refuse_large(fmt::format("row {}", rows[first + place / width]), place % width, values[place]);
        }
        map_.centre += made.colwise().sum();
    });
    map_.centre /= static_cast<double>(rows.size());
    const auto read = [&](std::size_t first, Eigen::Ref<RowMatrix> block) {
        const Rows chosen = rows.subspan(first, static_cast<std::size_t>(block.rows()));
        for_each_block(source_->train, chosen, [&](std::size_t done, std::span<const double> values) {
            RowMatrix centred = standardised(values);
            centred.rowwise() -= map_.centre;
            block.middleRows(static_cast<Eigen::Index>(done), centred.rows()) = centred;
        });
    };
    map_.components = principal_components({.rows = rows.size(), .features = width, .read = read}, keep);
}

std::size_t Transform::furthest_column(std::span<const double> row) const {
    Eigen::Index column = 0;
    standardised(row).row(0).cwiseAbs().maxCoeff(&column);
    return map_.chosen[static_cast<std::size_t>(column)];
}

Table Transform::apply(const Table& table, std::vector<std::string>& notes) const {
    const std::size_t width = table.shape().elements();
    const std::size_t out_width = shape_.elements();
    const char* const part = source_->test && &table == &*source_->test ? "test row" : "row";
    const bool reduced = map_.components.size() > 0;
    const bool ragged = table.description().ragged;
    core::Buffer<float> features(table.rows() * out_width);
    float most = standardises_ && !reduced ? far_away : std::numeric_limits<float>::max();
    std::string note;
    for_each_block(table, all_rows(table), [&](std::size_t first, std::span<const double> values) {
        const RowMatrix block = map_.apply(values, width);
        for (Eigen::Index i = 0; i < block.size(); ++i) {
            const auto place = first * out_width + static_cast<std::size_t>(i);
            features[place] = static_cast<float>(block.data()[i]);
            if (ragged && std::isnan(values[static_cast<std::size_t>(i)])) continue;  // behind the end of its row
            if (std::abs(features[place]) <= most) continue;
            const auto row = values.subspan((place / out_width - first) * width, width);
            const std::string where = fmt::format("{} {}", part, place / out_width);
            const std::size_t column = reduced ? furthest_column(row) : map_.chosen[place % out_width];
            if (!std::isfinite(features[place])) refuse_large(where, column, row[column]);
            most = std::abs(features[place]);
            note = fmt::format(
                "{}: {} (counted from 0), {} has {}, {:.0e} standard deviations from the mean of the "
                "training rows; is it a mark for a missing value, or in another unit?",
                source_->name, where, feature_name(column), row[column], most);
        }
    });
    if (!note.empty()) notes.push_back(note);
    if (!lost_.empty() && &table == &source_->train) notes.push_back(lost_);
    Description description = table.description();
    description.element = Element::f32;
    description.shape = shape_;
    description.scale = 1.0F;
    description.offset = 0.0F;
    return Table(description, share(std::move(features)), table.target_bytes()).with(table.extras());
}

task::Scale Transform::scale() const {
    task::Scale scale;
    for (std::size_t j = 0; j < map_.chosen.size(); ++j) {
        const double unit = map_.unit.empty() ? 1.0 : map_.unit[j];
        scale.mean.push_back(map_.mean[j] / unit);
        scale.deviation.push_back(map_.factor[j] > 0 ? 1 / (map_.factor[j] * unit) : 0.0);
    }
    return scale;
}

void Transform::refuse_large(const std::string& where, std::size_t column, double value) const {
    fail(Failure::data, "{}: {} (counted from 0), {} has {}, too large for single precision{}", source_->name, where,
         feature_name(column), value,
         standardises_ ? " compared with the training rows; fill it in or remove the row if it marks a missing value, "
                         "or choose another unit"
                       : "; choose --standardize features, or another unit");
}

std::string Transform::feature_name(std::size_t column) const {
    return source_->train.shape().rank() == 1 ? fmt::format("column {}", column + 1)
                                              : fmt::format("element {}", column);
}

}  // namespace ensemble::data
