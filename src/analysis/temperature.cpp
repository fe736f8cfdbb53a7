#include "analysis/temperature.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/probabilities.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

double log_probability(float p) {
    return std::log(std::max(double{p}, task::least_probability));
}

/// Mean log loss of rows and its derivatives in the inverse temperature β.
struct LossAt {
    double loss = 0;
    double slope = 0;
    double curvature = 0;
};

/// What a fit looks at again and again: of each row the logarithms of its probabilities, less that of the largest.
class ScaledLoss {
public:
    explicit ScaledLoss(const task::Answers& answers) : classes_(answers.width) {
        logs_.reserve(answers.rows * classes_);
        for (std::size_t row = 0; row < answers.rows; ++row) {
            const std::span<const float> p = answers.of(row);
            const double largest = log_probability(std::ranges::max(p));
            for (const float each : p) logs_.push_back(log_probability(each) - largest);
            of_label_.push_back(logs_[row * classes_ + answers.label(row)]);
        }
    }

    /// loss = mean of ln Σ exp(β z) − β z(label); its slope in β is the mean of E z − z(label) and its curvature that
    /// of the variance of z, under the scaled probabilities.
    [[nodiscard]] LossAt at(double beta) const {
        LossAt sum;
        const double* z = logs_.data();
        for (const double of_label : of_label_) {
            double total = 0;
            double first = 0;
            double second = 0;
            for (std::size_t c = 0; c < classes_; ++c, ++z) {
                const double weight = std::exp(beta * *z);
                total += weight;
                first += weight * *z;
                second += weight * *z * *z;
            }
            const double mean = first / total;
            sum.loss += std::log(total) - beta * of_label;
            sum.slope += mean - of_label;
            sum.curvature += std::max(second / total - mean * mean, 0.0);
        }
        const auto rows = static_cast<double>(of_label_.size());
        return {.loss = sum.loss / rows, .slope = sum.slope / rows, .curvature = sum.curvature / rows};
    }

private:
    std::size_t classes_;
    std::vector<double> logs_;      ///< [rows × classes]
    std::vector<double> of_label_;  ///< [rows]
};

}  // namespace

Temperature fit_temperature(const task::Answers& answers) {
    core::require(answers.rows > 0 && answers.width > 0 && answers.truth.labels.size() == answers.rows,
                  "a temperature is fitted to rows with labels");
    bool valid = true;
    for (std::size_t row = 0; row < answers.rows; ++row)
        valid &= answers.label(row) < answers.width && are_probabilities(answers.of(row));
    core::require(valid, "a temperature is fitted to probabilities of classes");

    const ScaledLoss loss(answers);
    double low = 1 / Temperature::highest;
    double high = 1 / Temperature::lowest;
    double beta = 1;
    LossAt here = loss.at(beta);
    Temperature fitted{.loss_before = here.loss};
    // The slope rises with β: its root is below where it is positive. Both ends are looked at once, as they may be it.
    constexpr double flat = 1e-14;
    constexpr int most_steps = 100;
    if (here.slope > flat && loss.at(low).slope >= 0) {
        beta = low;
        fitted.is_at_bound = true;
    } else if (here.slope < -flat && loss.at(high).slope <= 0) {
        beta = high;
        fitted.is_at_bound = true;
    } else {
        double slope_before = std::numeric_limits<double>::infinity();
        for (int step = 0; step < most_steps && std::abs(here.slope) > flat; ++step) {
            (here.slope > 0 ? high : low) = beta;
            double next = beta - here.slope / here.curvature;
            const bool is_slow = std::abs(here.slope) > slope_before / 2;
            if (is_slow || !(next > low && next < high)) next = std::sqrt(low * high);
            if (std::abs(next - beta) <= 1e-14 * beta) break;
            slope_before = std::abs(here.slope);
            beta = next;
            here = loss.at(beta);
        }
    }
    fitted.value = 1 / beta;
    fitted.loss = loss.at(beta).loss;
    return fitted;
}

std::vector<float> at_temperature(std::span<const float> probabilities, std::size_t classes, double temperature) {
    core::require(classes > 0 && probabilities.size() % classes == 0, "probabilities come as whole rows");
    core::require(temperature > 0 && std::isfinite(temperature), "a temperature is positive and finite");
    core::require(are_probabilities(probabilities), "what is scaled by a temperature are probabilities");
    std::vector<float> scaled(probabilities.size());
    std::vector<double> weights(classes);
    for (std::size_t first = 0; first < probabilities.size(); first += classes) {
        const std::span<const float> p = probabilities.subspan(first, classes);
        const double largest = log_probability(std::ranges::max(p));
        double total = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            weights[c] = std::exp((log_probability(p[c]) - largest) / temperature);
            total += weights[c];
        }
        for (std::size_t c = 0; c < classes; ++c) scaled[first + c] = static_cast<float>(weights[c] / total);
    }
    return scaled;
}

}  // namespace ensemble::analysis
