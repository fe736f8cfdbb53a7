#include "analysis/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

struct Bin {
    double rows = 0;
    double forecasts = 0;  ///< their sum
    double outcomes = 0;

    void add(const Forecasts& all, std::size_t row) {
        rows += 1;
        forecasts += all.probability[row];
        outcomes += all.outcome[row];
    }
    /// |mean forecast − frequency|, times the rows.
    [[nodiscard]] double gap() const { return std::abs(forecasts - outcomes); }
};

std::vector<Bin> bins_of_equal_width(const Forecasts& forecasts, std::size_t count) {
    std::vector<Bin> bins(count);
    for (std::size_t row = 0; row < forecasts.rows(); ++row) {
        const auto place = static_cast<std::size_t>(forecasts.probability[row] * static_cast<double>(count));
        bins[std::min(place, count - 1)].add(forecasts, row);
    }
    return bins;
}

std::vector<Bin> bins_of_equal_mass(const Forecasts& forecasts, std::size_t count) {
    const std::size_t rows = forecasts.rows();
    std::vector<std::size_t> order(rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        const double p = forecasts.probability[a];
        const double q = forecasts.probability[b];
        return p != q ? p < q : a < b;
    });
    std::vector<Bin> bins(count);
    std::size_t first_of_equals = 0;
    for (std::size_t place = 0; place < rows; ++place) {
        if (forecasts.probability[order[place]] != forecasts.probability[order[first_of_equals]])
            first_of_equals = place;
        bins[first_of_equals * count / rows].add(forecasts, order[place]);
    }
    return bins;
}

double mean_gap(const std::vector<Bin>& bins, std::size_t rows) {
    double sum = 0;
    for (const Bin& bin : bins) sum += bin.gap();
    return sum / static_cast<double>(rows);
}

void require_bins(const Forecasts& forecasts, std::size_t bins) {
    require_valid(forecasts);
    core::require(bins > 0, "a calibration error has bins");
}

}  // namespace

double equal_width_error(const Forecasts& forecasts, std::size_t bins) {
    require_bins(forecasts, bins);
    return mean_gap(bins_of_equal_width(forecasts, bins), forecasts.rows());
}

double equal_mass_error(const Forecasts& forecasts, std::size_t bins) {
    require_bins(forecasts, bins);
    return mean_gap(bins_of_equal_mass(forecasts, bins), forecasts.rows());
}

double debiased_error(const Forecasts& forecasts, std::size_t bins) {
    require_bins(forecasts, bins);
    double sum = 0;
    for (const Bin& bin : bins_of_equal_mass(forecasts, bins)) {
        if (bin.rows < 2) continue;
        const double gap = bin.gap() / bin.rows;
        const double frequency = bin.outcomes / bin.rows;
        sum += bin.rows * (gap * gap - frequency * (1 - frequency) / (bin.rows - 1));
    }
    return std::sqrt(std::max(sum / static_cast<double>(forecasts.rows()), 0.0));
}

double class_wise_error(const task::Answers& answers, std::size_t bins) {
    double sum = 0;
    for (std::size_t label = 0; label < answers.width; ++label)
        sum += equal_width_error(forecasts_of_class(answers, label), bins);
    return sum / static_cast<double>(answers.width);
}

}  // namespace ensemble::analysis
