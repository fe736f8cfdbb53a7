#include "analysis/reliability.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "analysis/isotonic.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

namespace ensemble::analysis {
namespace {

/// Distinct forecasts in ascending order, with the rows that have each.
struct Levels {
    std::vector<double> forecast;
    std::vector<double> rows;
    std::vector<double> outcomes;  ///< their events that happened

    explicit Levels(const Forecasts& forecasts) {
        std::vector<std::size_t> order(forecasts.rows());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::sort(order, {}, [&](std::size_t row) { return forecasts.probability[row]; });
        for (const std::size_t row : order) {
            if (forecast.empty() || forecast.back() != forecasts.probability[row]) {
                forecast.push_back(forecasts.probability[row]);
                rows.push_back(0);
                outcomes.push_back(0);
            }
            rows.back() += 1;
            outcomes.back() += forecasts.outcome[row];
        }
    }
};

/// Draws how many events of each level happen where forecasts are calibrated.
class CalibratedOutcomes {
public:
    CalibratedOutcomes(const Levels& levels, std::uint64_t seed)
        : stream_({.seed = seed, .purpose = core::Purpose::calibration}) {
        for (std::size_t level = 0; level < levels.forecast.size(); ++level) {
            rows_.push_back(static_cast<std::size_t>(levels.rows[level]));
            thresholds_.push_back(static_cast<std::uint64_t>(std::llround(levels.forecast[level] * 0x1p32)));
        }
        words_.resize(std::accumulate(rows_.begin(), rows_.end(), std::size_t{0}));
    }

    void draw(std::span<double> outcomes) {
        stream_.fill(words_);
        const std::uint32_t* word = words_.data();
        for (std::size_t level = 0; level < rows_.size(); ++level) {
            std::size_t happened = 0;
            for (std::size_t row = 0; row < rows_[level]; ++row) happened += *word++ < thresholds_[level] ? 1 : 0;
            outcomes[level] = static_cast<double>(happened);
        }
    }

private:
    core::RandomStream stream_;
    std::vector<std::size_t> rows_;
    std::vector<std::uint64_t> thresholds_;  ///< an event happens if a word of 32 bits is below
    std::vector<std::uint32_t> words_;
};

/// A point at which curves are read: between level `left` and the next one.
struct CurvePlace {
    double forecast = 0;
    std::size_t left = 0;
    double fraction = 0;  ///< of the way to the next level
};

std::vector<CurvePlace> curve_places(const Levels& levels, std::size_t points) {
    const double first = levels.forecast.front();
    const double last = levels.forecast.back();
    if (first == last || points == 1) return {{.forecast = first}};
    std::vector<CurvePlace> places;
    for (std::size_t i = 0; i < points; ++i) {
        const double x = std::lerp(first, last, static_cast<double>(i) / static_cast<double>(points - 1));
        const auto above = std::ranges::upper_bound(levels.forecast, x) - levels.forecast.begin();
        const std::size_t left = std::min(static_cast<std::size_t>(above), levels.forecast.size() - 1) - 1;
        const double width = levels.forecast[left + 1] - levels.forecast[left];
        places.push_back({.forecast = x, .left = left, .fraction = (x - levels.forecast[left]) / width});
    }
    return places;
}

/// The curve's values at the places, which are in ascending order, to every `stride`-th number of `values`.
void read_curve(const std::vector<IsotonicBlock>& blocks, const std::vector<CurvePlace>& places, std::size_t stride,
                double* values) {
    std::size_t block = 0;
    for (const CurvePlace& place : places) {
        while (blocks[block].end <= place.left) ++block;
        double value = blocks[block].value();
        if (blocks[block].end == place.left + 1 && block + 1 < blocks.size())
            value = std::lerp(value, blocks[block + 1].value(), place.fraction);
        *values = value;
        values += stride;
    }
}

/// The quantile of sorted values, linear between the two nearest.
double sorted_quantile(std::span<const double> sorted, double share) {
    const double position = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

}  // namespace

Reliability reliability(const Forecasts& forecasts) {
    require_valid(forecasts);
    const Levels levels(forecasts);
    std::vector<IsotonicBlock> blocks;
    pool_adjacent_violators(levels.outcomes, levels.rows, blocks);
    const auto rows = static_cast<double>(forecasts.rows());
    const double frequency = std::accumulate(levels.outcomes.begin(), levels.outcomes.end(), 0.0) / rows;
    Reliability result{.steps = {}, .brier = {.uncertainty = frequency * (1 - frequency)}};
    double calibrated_score = 0;
    std::size_t begin = 0;
    for (const IsotonicBlock& block : blocks) {
        const double f = block.value();
        result.steps.push_back({.low = levels.forecast[begin],
                                .high = levels.forecast[block.end - 1],
                                .frequency = f,
                                .rows = static_cast<std::size_t>(block.weight)});
        calibrated_score += block.weight * f * (1 - f);
        result.brier.discrimination += block.weight * (f - frequency) * (f - frequency);
        begin = block.end;
    }
    for (std::size_t row = 0; row < forecasts.rows(); ++row) {
        const double error = forecasts.probability[row] - forecasts.outcome[row];
        result.brier.score += error * error;
    }
    result.brier.score /= rows;
    result.brier.discrimination /= rows;
    result.brier.miscalibration = std::max(result.brier.score - calibrated_score / rows, 0.0);
    return result;
}

std::vector<BandPoint> consistency_band(const Forecasts& forecasts, const BandRequest& request) {
    require_valid(forecasts);
    core::require(request.replicates > 0 && request.points > 0, "a band has replicates and points");
    core::require(request.level > 0 && request.level < 1, "a band's level is a share between 0 and 1");
    const Levels levels(forecasts);
    const std::vector<CurvePlace> places = curve_places(levels, request.points);
    CalibratedOutcomes calibrated(levels, request.seed);
    std::vector<double> outcomes(levels.forecast.size());
    std::vector<IsotonicBlock> blocks;
    std::vector<double> curves(places.size() * request.replicates);  // [places × replicates]
    for (std::size_t replicate = 0; replicate < request.replicates; ++replicate) {
        calibrated.draw(outcomes);
        pool_adjacent_violators(outcomes, levels.rows, blocks);
        read_curve(blocks, places, request.replicates, curves.data() + replicate);
    }
    std::vector<BandPoint> band;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto values = std::span(curves).subspan(i * request.replicates, request.replicates);
        std::ranges::sort(values);
        band.push_back({.forecast = places[i].forecast,
                        .low = sorted_quantile(values, (1 - request.level) / 2),
                        .high = sorted_quantile(values, (1 + request.level) / 2)});
    }
    return band;
}

}  // namespace ensemble::analysis
