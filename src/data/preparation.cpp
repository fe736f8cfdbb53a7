#include "data/preparation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/components.hpp"
#include "data/generator.hpp"

namespace data {
namespace {

using core::fail;
using core::Failure;
using Rows = std::span<const std::uint32_t>;

constexpr std::size_t block_rows = 512;
constexpr std::size_t most_components_of = 4096;

/// Calls use(first, values [rows × features]) for some rows of a table after the other.
template <class Use>
void for_each_block(const Table& table, Rows rows, Use use) {
    core::Buffer<double> values;
    for (std::size_t first = 0; first < rows.size(); first += block_rows) {
        const Rows block = rows.subspan(first, std::min(block_rows, rows.size() - first));
        values.resize(block.size() * table.shape().elements());
        table.gather(block, values);
        use(first, std::span<const double>(values));
    }
}

/// The first two moments of each feature over some rows, in groups that share them.
struct Moments {
    std::vector<double> mean;
    std::vector<double> deviation;  ///< 0 exactly where all values are equal
};

/// `group` of each feature, counted from 0.
Moments measure(const Table& table, Rows rows, const std::vector<std::size_t>& group) {
    const std::size_t width = group.size();
    const std::size_t groups = std::ranges::max(group) + 1;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<double> sum(width);
    std::vector<double> low(width, infinity);
    std::vector<double> high(width, -infinity);
    for_each_block(table, rows, [&](std::size_t, std::span<const double> values) {
        for (std::size_t i = 0; i < values.size(); i += width) {
            for (std::size_t j = 0; j < width; ++j) {
                sum[j] += values[i + j];
                low[j] = std::min(low[j], values[i + j]);
                high[j] = std::max(high[j], values[i + j]);
            }
        }
    });
    Moments moments{.mean = std::vector<double>(groups), .deviation = std::vector<double>(groups)};
    std::vector<double> count(groups);
    std::vector<double> group_low(groups, infinity);
    std::vector<double> group_high(groups, -infinity);
    for (std::size_t j = 0; j < width; ++j) {
        moments.mean[group[j]] += sum[j];
        count[group[j]] += static_cast<double>(rows.size());
        group_low[group[j]] = std::min(group_low[group[j]], low[j]);
        group_high[group[j]] = std::max(group_high[group[j]], high[j]);
    }
    for (std::size_t g = 0; g < groups; ++g) moments.mean[g] /= count[g];
    std::vector<double> squares(width);
    for_each_block(table, rows, [&](std::size_t, std::span<const double> values) {
        for (std::size_t i = 0; i < values.size(); i += width) {
            for (std::size_t j = 0; j < width; ++j) {
                const double difference = values[i + j] - moments.mean[group[j]];
                squares[j] += difference * difference;
            }
        }
    });
    for (std::size_t j = 0; j < width; ++j) moments.deviation[group[j]] += squares[j];
    for (std::size_t g = 0; g < groups; ++g) {
        const bool constant = group_low[g] == group_high[g];
        moments.deviation[g] = constant ? 0.0 : std::sqrt(moments.deviation[g] / count[g]);
    }
    return moments;
}

std::vector<std::size_t> groups_of(Standardize standardize, const core::Shape& shape) {
    std::vector<std::size_t> group(shape.elements());
    std::iota(group.begin(), group.end(), std::size_t{0});
    if (standardize == Standardize::features) return group;
    const std::size_t channels = standardize == Standardize::all || shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    for (std::size_t& g : group) g %= channels;
    return group;
}

/// What is done to the features of one row, learnt from the training rows.
struct Transform {
    core::Shape shape;                  ///< of the result
    std::vector<std::uint32_t> chosen;  ///< features that stay
    std::vector<double> mean;           ///< of each that stays
    std::vector<double> factor;         ///< of each that stays
    Eigen::RowVectorXd centre;          ///< of the components, in standardised features
    Eigen::MatrixXd components;         ///< empty, or [features × components]

    /// The standardised features of rows [rows × all features].
    [[nodiscard]] RowMatrix standardised(std::span<const double> values, std::size_t width) const {
        RowMatrix result(static_cast<Eigen::Index>(values.size() / width), static_cast<Eigen::Index>(chosen.size()));
        double* out = result.data();
        for (std::size_t i = 0; i < values.size(); i += width) {
            for (std::size_t j = 0; j < chosen.size(); ++j) *out++ = (values[i + chosen[j]] - mean[j]) * factor[j];
        }
        return result;
    }
};

std::vector<std::uint32_t> all_rows(const Table& table) {
    std::vector<std::uint32_t> rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

/// The `keep` features that vary most, the first of equals, in ascending order.
std::vector<std::uint32_t> most_varying(const Table& table, Rows rows, std::size_t keep) {
    const Moments moments = measure(table, rows, groups_of(Standardize::features, table.shape()));
    std::vector<std::uint32_t> order(table.shape().elements());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, std::greater<>(), [&](std::uint32_t j) { return moments.deviation[j]; });
    order.resize(keep);
    std::ranges::sort(order);
    return order;
}

void find_components(Transform& transform, const Table& table, Rows rows, std::size_t keep) {
    const std::size_t width = table.shape().elements();
    const auto features = static_cast<Eigen::Index>(width);
    transform.centre = Eigen::RowVectorXd::Zero(features);
    for_each_block(table, rows, [&](std::size_t, std::span<const double> values) {
        transform.centre += transform.standardised(values, width).colwise().sum();
    });
    transform.centre /= static_cast<double>(rows.size());
    const auto read = [&](std::size_t first, Eigen::Ref<RowMatrix> block) {
        const Rows chosen = rows.subspan(first, static_cast<std::size_t>(block.rows()));
        for_each_block(table, chosen, [&](std::size_t done, std::span<const double> values) {
            RowMatrix centred = transform.standardised(values, width);
            centred.rowwise() -= transform.centre;
            block.middleRows(static_cast<Eigen::Index>(done), centred.rows()) = centred;
        });
    };
    transform.components = principal_components({.rows = rows.size(), .features = width, .read = read}, keep);
}

Transform fit(const Table& table, Rows rows, const Preparation& preparation) {
    const std::size_t width = table.shape().elements();
    Transform transform{.shape = table.shape(), .chosen = {}, .mean = {}, .factor = {}, .centre = {}, .components = {}};
    if (preparation.reduction == Reduction::variance) {
        transform.chosen = most_varying(table, rows, preparation.keep);
    } else {
        transform.chosen.resize(width);
        std::iota(transform.chosen.begin(), transform.chosen.end(), 0U);
    }
    transform.mean.assign(transform.chosen.size(), 0.0);
    transform.factor.assign(transform.chosen.size(), 1.0);
    if (preparation.standardize != Standardize::none) {
        const std::vector<std::size_t> group = groups_of(preparation.standardize, table.shape());
        const Moments moments = measure(table, rows, group);
        for (std::size_t j = 0; j < transform.chosen.size(); ++j) {
            const std::size_t g = group[transform.chosen[j]];
            transform.mean[j] = moments.mean[g];
            transform.factor[j] = moments.deviation[g] > 0 ? 1.0 / moments.deviation[g] : 0.0;
        }
    }
    if (preparation.reduction == Reduction::pca) find_components(transform, table, rows, preparation.keep);
    if (preparation.reduction != Reduction::none) transform.shape = {preparation.keep};
    return transform;
}

Table apply(const Transform& transform, const Table& table, const std::string& name) {
    const std::size_t width = table.shape().elements();
    const std::size_t out_width = transform.shape.elements();
    core::Buffer<float> features(table.rows() * out_width);
    for_each_block(table, all_rows(table), [&](std::size_t first, std::span<const double> values) {
        RowMatrix block = transform.standardised(values, width);
        if (transform.components.size() > 0) {
            block = ((block.rowwise() - transform.centre) * transform.components).eval();
        }
        for (Eigen::Index i = 0; i < block.size(); ++i) {
            const auto place = first * out_width + static_cast<std::size_t>(i);
            features[place] = static_cast<float>(block.data()[i]);
            if (std::isfinite(features[place])) continue;
            fail(Failure::data,
                 "{}: row {} has a value of {}, too large for single precision; choose --standardize "
                 "features, or another unit",
                 name, place / out_width, block.data()[i]);
        }
    });
    Description description = table.description();
    description.element = Element::f32;
    description.shape = transform.shape;
    description.scale = 1.0F;
    description.offset = 0.0F;
    return {description, share(std::move(features)), table.target_bytes()};
}

void check_reduction(const Table& table, Rows rows, const Preparation& preparation) {
    const bool pca = preparation.reduction == Reduction::pca;
    const std::string option = fmt::format("--features {}:{}", pca ? "pca" : "variance", preparation.keep);
    const std::size_t width = table.shape().elements();
    core::require(preparation.keep > 0, "a reduction keeps features");
    if (preparation.sequence) {
        fail(Failure::usage, "{}: what is left has no order in time; leave out --sequence or --features", option);
    }
    if (preparation.keep > width) {
        fail(Failure::usage, "{}: a row has {} features only; keep at most so many", option, width);
    }
    if (!pca) return;
    if (preparation.keep >= rows.size()) {
        fail(Failure::usage, "{}: {} training rows show at most {} components; keep at most so many", option,
             rows.size(), rows.size() - 1);
    }
    if (std::min(width, rows.size()) > most_components_of) {
        fail(Failure::usage,
             "{}: components of {} features would take too long, at most {} are possible; choose --features "
             "variance:{}",
             option, width, most_components_of, preparation.keep);
    }
}

/// Both tables with another shape of the same number of elements.
Source reshaped(const Source& source, const Sequence& sequence) {
    const std::size_t width = source.train.shape().elements();
    if (sequence.steps * sequence.features != width) {
        fail(Failure::usage, "--sequence {}x{}: makes {} values of a row, but a row of {} has {}; write {}x1",
             sequence.steps, sequence.features, sequence.steps * sequence.features, source.name, width, width);
    }
    const auto reshape = [&](const Table& table) {
        Description description = table.description();
        description.shape = {sequence.steps, sequence.features};
        return table.described_as(description);
    };
    Source result = source;
    result.train = reshape(source.train);
    if (source.test) result.test = reshape(*source.test);
    return result;
}

/// Bytes stay bytes where all features share one mean and one deviation.
Table rescaled(const Table& table, double mean, double factor) {
    Description description = table.description();
    description.offset = static_cast<float>((double{description.offset} - mean) * factor);
    description.scale = static_cast<float>(double{description.scale} * factor);
    return table.described_as(description);
}

}  // namespace

Source prepare(const Source& source, Rows rows, const Preparation& preparation) {
    core::require(!rows.empty(), "there are rows to learn the preparation from");
    Source result = preparation.sequence ? reshaped(source, *preparation.sequence) : source;
    Preparation resolved = preparation;
    if (resolved.standardize == Standardize::automatic) {
        const Standardize own = preparation.images ? Standardize::all : Standardize::channels;
        resolved.standardize = source.arbitrary_units ? own : Standardize::none;
    }
    result.arbitrary_units = false;
    const bool reduces = resolved.reduction != Reduction::none;
    if (reduces) check_reduction(result.train, rows, resolved);
    const Element element = result.train.description().element;
    if (!reduces && resolved.standardize == Standardize::none && element != Element::f64) return result;

    const Transform transform = fit(result.train, rows, resolved);
    if (!reduces && resolved.standardize == Standardize::all) {
        result.background = static_cast<float>(-transform.mean.front() * transform.factor.front());
    }
    if (!reduces && resolved.standardize == Standardize::all && element == Element::u8) {
        result.train = rescaled(result.train, transform.mean.front(), transform.factor.front());
        if (result.test) result.test = rescaled(*result.test, transform.mean.front(), transform.factor.front());
        return result;
    }
    result.train = apply(transform, result.train, source.name);
    if (result.test) result.test = apply(transform, *result.test, source.name);
    return result;
}

}  // namespace data
