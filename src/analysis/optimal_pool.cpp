#include "analysis/optimal_pool.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

/// The probability, or density but for a factor of its row, of each truth under each member: [members × truths].
std::vector<double> probabilities_of_truth(const Block& block) {
    std::vector<double> p(block.members * block.rows);
    for (std::size_t member = 0; member < block.members; ++member) {
        for (std::size_t row = 0; row < block.rows; ++row) {
            const auto label = static_cast<std::size_t>(block.truth.labels[row]);
            p[member * block.rows + row] =
                std::max(double{block.of(member)[row * block.width() + label]}, task::least_probability);
        }
    }
    return p;
}

std::vector<double> densities_of_truth(const Block& block) {
    const std::size_t truths = block.rows * block.targets;
    constexpr double smallest_variance = std::numeric_limits<float>::min();
    std::vector<double> logs(block.members * truths);
    for (std::size_t member = 0; member < block.members; ++member) {
        const std::span<const float> p = block.of(member);
        for (std::size_t i = 0; i < truths; ++i) {
            const double variance = std::max(double{p[2 * i + 1]}, smallest_variance);
            const double error = double{p[2 * i]} - block.truth.numbers[i];
            logs[member * truths + i] = -0.5 * (std::log(variance) + error * error / variance);
        }
    }
    // Divided by the largest of the row, so that at least one of them is no zero.
    for (std::size_t i = 0; i < truths; ++i) {
        double largest = -std::numeric_limits<double>::infinity();
        for (std::size_t member = 0; member < block.members; ++member)
            largest = std::max(largest, logs[member * truths + i]);
        for (std::size_t member = 0; member < block.members; ++member)
            logs[member * truths + i] = std::exp(logs[member * truths + i] - largest);
    }
    return logs;
}

/// The mixture's likelihood of the rows as a function of the weights. Holds room for a number a truth.
class MixtureLikelihood {
public:
    MixtureLikelihood(std::vector<double> p, std::size_t members) : p_(std::move(p)), mixed_(p_.size() / members) {}

    /// One step of expectation and maximisation from `weights`, which are positive; keeps the mean logarithm there.
    [[nodiscard]] std::vector<double> improve(const std::vector<double>& weights) {
        const std::size_t truths = mixed_.size();
        std::ranges::fill(mixed_, 0.0);
        for (std::size_t member = 0; member < weights.size(); ++member) {
            for (std::size_t i = 0; i < truths; ++i) mixed_[i] += weights[member] * p_[member * truths + i];
        }
        log_likelihood_ = 0;
        for (double& each : mixed_) {
            log_likelihood_ += std::log(each) / static_cast<double>(truths);
            each = 1 / (each * static_cast<double>(truths));
        }
        std::vector<double> better(weights.size());
        for (std::size_t member = 0; member < weights.size(); ++member) {
            double sum = 0;
            for (std::size_t i = 0; i < truths; ++i) sum += p_[member * truths + i] * mixed_[i];
            better[member] = weights[member] * sum;
        }
        return better;
    }
    [[nodiscard]] double log_likelihood() const noexcept { return log_likelihood_; }

private:
    std::vector<double> p_;  ///< [members × truths]
    std::vector<double> mixed_;
    double log_likelihood_ = 0;
};

double squared_length(std::span<const double> v) {
    return std::inner_product(v.begin(), v.end(), v.begin(), 0.0);
}

void normalise(std::vector<double>& weights) {
    const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) weight /= all;
}

/// Where two steps, from `x` to `once` and on to `twice`, lead to if the way goes on as it began (Varadhan and Roland
/// 2008, "Simple and globally convergent methods for accelerating the convergence of any EM algorithm", scheme S3), but
/// no further than weights stay positive: one of 0 would never grow again.
std::vector<double> extrapolate(std::span<const double> x, std::span<const double> once,
                                std::span<const double> twice) {
    std::vector<double> step(x.size());
    std::vector<double> change(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        step[i] = once[i] - x[i];
        change[i] = (twice[i] - once[i]) - step[i];
    }
    const double length = squared_length(change);
    double stride = length > 0 ? std::max(1.0, std::sqrt(squared_length(step) / length)) : 1.0;
    std::vector<double> far(x.size());
    constexpr int halvings = 10;
    for (int i = 0; i <= halvings; ++i, stride = (stride + 1) / 2) {
        if (i == halvings) return {twice.begin(), twice.end()};
        bool is_inside = true;
        for (std::size_t j = 0; j < x.size(); ++j) {
            far[j] = x[j] + 2 * stride * step[j] + stride * stride * change[j];
            is_inside &= far[j] > 0.1 * twice[j];
        }
        if (is_inside) break;
    }
    normalise(far);
    return far;
}

}  // namespace

std::vector<double> optimal_pool(const Block& held_out, std::uint64_t /*seed*/) {
    core::require(held_out.members > 0 && held_out.rows > 0, "weights are fitted to rows");
    constexpr int most_rounds = 60;   // of three steps
    constexpr double enough = 1e-9;   // no weight changes by more
    constexpr double nothing = 1e-6;  // and what is below that much in the end is left out
    const bool classes = held_out.task.kind == task::Kind::classification;
    MixtureLikelihood mixture(classes ? probabilities_of_truth(held_out) : densities_of_truth(held_out),
                              held_out.members);
    std::vector<double> weights(held_out.members, 1.0 / static_cast<double>(held_out.members));
    for (int round = 0; round < most_rounds; ++round) {
        const std::vector<double> once = mixture.improve(weights);
        const double reached = mixture.log_likelihood();
        const std::vector<double> twice = mixture.improve(once);
        std::vector<double> next = mixture.improve(extrapolate(weights, once, twice));
        if (!(mixture.log_likelihood() >= reached)) next = twice;  // too far: what two steps gain is sure
        double change = 0;
        for (std::size_t i = 0; i < weights.size(); ++i) change = std::max(change, std::abs(next[i] - weights[i]));
        weights = std::move(next);
        if (change < enough) break;
    }
    for (double& weight : weights) weight = weight < nothing ? 0 : weight;
    normalise(weights);
    return weights;
}

}  // namespace ensemble::analysis
