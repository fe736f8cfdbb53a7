#include "predict/watch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <boost/math/distributions/beta.hpp>

#include "analysis/uncertainty.hpp"
#include "core/contract.hpp"

namespace ensemble::predict {
namespace {

/// Share of the validation rows that lie above a bound.
constexpr double usual_share = 0.01;

/// So rarely a warning is made without a reason.
constexpr double rarely = 0.001;

/// Deviations beyond what is expected.
constexpr double notable = 4;

/// More rows by far than the share that is expected at most.
bool is_notable(std::uint64_t seen, std::uint64_t rows, double share) {
    const double expected = share * static_cast<double>(rows);
    return static_cast<double>(seen) > expected + notable * std::sqrt(expected * (1 - share)) + 1;
}

/// The largest share of all rows that may well lie above the value of that rank, from 1, of so many: it has a beta
/// distribution.
double largest_share_above(std::size_t rank, std::size_t rows) {
    const boost::math::beta_distribution<> above(static_cast<double>(rows + 1 - rank), static_cast<double>(rank));
    return boost::math::quantile(boost::math::complement(above, rarely));
}

/// Place, from 1, of the value that so many of the validation rows are not above.
std::size_t bound_rank(std::size_t rows) {
    const auto rank = static_cast<std::size_t>(std::ceil((1 - usual_share) * static_cast<double>(rows)));
    return std::max<std::size_t>(rank, 1);
}

std::string percent(std::uint64_t part, std::uint64_t rows) {
    return fmt::format("{:.3g} %", 100.0 * static_cast<double>(part) / static_cast<double>(rows));
}

}  // namespace

void Sightings::add(const Sightings& other) {
    const auto add_all = [](std::vector<std::uint64_t>& to, const std::vector<std::uint64_t>& from) {
        to.resize(std::max(to.size(), from.size()));
        for (std::size_t i = 0; i < from.size(); ++i) to[i] += from[i];
    };
    rows += other.rows;
    beyond += other.beyond;
    add_all(by_column, other.by_column);
    add_all(by_measure, other.by_measure);
}

Watch::Watch(const Ensemble& ensemble, std::vector<ColumnRange> ranges, std::size_t trained,
             const HeldOutRows& held_out, std::span<const std::string> targets)
    : ranges_(std::move(ranges)), trained_(trained), held_out_(held_out.rows) {
    const std::vector<std::string> names = analysis::uncertainty_names(ensemble.task->kind, targets);
    uncertainty_width_ = names.size();
    if (held_out.rows == 0) return;
    core::require(held_out.uncertainty.size() == held_out.rows * names.size(), "every row has all measures");
    for (std::size_t place = 0; place < names.size(); ++place) {
        const bool is_watched = names[place] == "entropy" || names[place] == "mutual_information" ||
                                names[place].ends_with("epistemic_variance");
        if (!is_watched) continue;
        std::vector<float> values;
        for (std::size_t row = 0; row < held_out.rows; ++row)
            values.push_back(held_out.uncertainty[row * names.size() + place]);
        const auto bound = values.begin() + static_cast<std::ptrdiff_t>(bound_rank(values.size()) - 1);
        std::ranges::nth_element(values, bound);
        measures_.push_back({.place = place, .name = names[place], .bound = *bound});
    }
}

void Watch::look(std::span<const double> raw, const Predictions& predictions, Sightings& sightings) const {
    sightings.by_column.resize(ranges_.size());
    sightings.by_measure.resize(measures_.size());
    sightings.rows += predictions.rows;
    const std::size_t columns = ranges_.size();
    for (std::size_t row = 0; columns > 0 && row < predictions.rows; ++row) {
        bool is_beyond = false;
        for (std::size_t column = 0; column < columns; ++column) {
            const double value = raw[row * columns + column];
            if (!(value < ranges_[column].low || value > ranges_[column].high)) continue;
            is_beyond = true;
            ++sightings.by_column[column];
        }
        sightings.beyond += is_beyond ? 1 : 0;
    }
    for (std::size_t i = 0; i < measures_.size(); ++i) {
        for (std::size_t row = 0; row < predictions.rows; ++row) {
            const float value = predictions.uncertainty[row * uncertainty_width_ + measures_[i].place];
            sightings.by_measure[i] += value > measures_[i].bound ? 1 : 0;
        }
    }
}

std::vector<std::string> Watch::warnings(const Sightings& sightings) const {
    std::vector<std::string> warnings;
    // In each column a further row is beyond the largest, or the smallest, of the training rows with a probability of
    // 1 / (rows + 1); a few times that is no surprise.
    const double share = std::min(1.0, 6.0 * static_cast<double>(ranges_.size()) / static_cast<double>(trained_ + 1));
    if (is_notable(sightings.beyond, sightings.rows, share)) {
        constexpr std::size_t shown = 3;
        std::vector<std::size_t> order(ranges_.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return sightings.by_column[i]; });
        std::string worst;
        for (std::size_t i = 0; i < std::min(shown, order.size()) && sightings.by_column[order[i]] > 0; ++i) {
            const ColumnRange& range = ranges_[order[i]];
            worst += fmt::format("{}'{}' beyond {:.6g} to {:.6g} in {}", i > 0 ? ", " : "", range.name, range.low,
                                 range.high, percent(sightings.by_column[order[i]], sightings.rows));
        }
        warnings.push_back(
            fmt::format("{} of the rows have a value beyond what training saw: {}; their predictions may be "
                        "worse than those of the test rows",
                        percent(sightings.beyond, sightings.rows), worst));
    }
    for (std::size_t i = 0; i < measures_.size(); ++i) {
        const double most = largest_share_above(bound_rank(held_out_), held_out_);
        if (!is_notable(sightings.by_measure[i], sightings.rows, most)) continue;
        warnings.push_back(
            fmt::format("{} of the rows are less certain than 99 % of the validation rows ({} above {:.4g}): many are "
                        "unlike those of training",
                        percent(sightings.by_measure[i], sightings.rows), measures_[i].name, measures_[i].bound));
        break;  // of several measures the first says it
    }
    return warnings;
}

}  // namespace ensemble::predict
