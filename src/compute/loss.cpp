#include "compute/loss.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Core>

#include "core/contract.hpp"

namespace ensemble::compute {
namespace {

using Values = Eigen::Map<Eigen::ArrayXf>;

Values map(std::span<float> row) {
    return {row.data(), static_cast<Eigen::Index>(row.size())};
}

/// ln Σ exp(z) in two parts, since a small difference to a large logit would be lost in their sum.
struct LogSum {
    float largest;
    float rest;  ///< ln Σ exp(z − largest)

    /// ln Σ exp(z) − z.
    [[nodiscard]] double above(float z) const { return double{rest} + (double{largest} - double{z}); }
};

/// Writes softmax(z) to `p` (which may be z) and returns ln Σ exp(z), both shifted by the largest logit.
LogSum softmax_row(std::span<float> z, std::span<float> p) {
    Values in = map(z);
    Values out = map(p);
    const float largest = in.maxCoeff<Eigen::PropagateNaN>();
    out = (in - largest).exp();
    const float sum = out.sum();
    out /= sum;
    return {largest, std::log(sum)};
}

/// How much a row counts.
class RowShares {
public:
    RowShares(std::span<const float> weights, std::size_t rows) : weights_(weights) {
        core::require(weights.empty() || weights.size() == rows, "every row has a weight, or none has");
    }

    float operator[](std::size_t row) const { return weights_.empty() ? 1.0F : weights_[row]; }

private:
    std::span<const float> weights_;
};

}  // namespace

void softmax(const Rows& logits) {
    for (std::size_t row = 0; row < logits.count; ++row) softmax_row(logits[row], logits[row]);
}

double softmax_cross_entropy(const Rows& logits, std::span<const std::int32_t> labels, const Rows& gradient,
                             double smoothing, std::span<const float> weights) {
    core::require(labels.size() == logits.count, "every row has a label");
    core::require(gradient.count == logits.count && gradient.width == logits.width, "gradient and logits fit");
    core::require(smoothing >= 0 && smoothing < 1, "labels are softened by a share of at least 0 and below 1");
    const auto sharp = static_cast<float>(1 - smoothing);
    const auto flat = static_cast<float>(smoothing / static_cast<double>(logits.width));
    const float share = 1.0F / static_cast<float>(logits.count);
    const RowShares counts(weights, logits.count);
    double loss = 0;
    for (std::size_t row = 0; row < logits.count; ++row) {
        const auto label = static_cast<std::size_t>(labels[row]);
        const float chosen = logits[row][label];
        const std::span<float> out = gradient[row];
        const float mean = smoothing > 0 ? map(logits[row]).mean() : 0.0F;
        const LogSum log_sum = softmax_row(logits[row], out);
        double row_loss = log_sum.above(chosen);
        if (smoothing > 0) {
            row_loss = (1 - smoothing) * row_loss + smoothing * log_sum.above(mean);
            map(out) -= flat;
        }
        loss += counts[row] * row_loss;
        out[label] -= sharp;
        map(out) *= counts[row] * share;
    }
    return loss;
}

double softmax_cross_entropy(const Rows& logits, std::span<const std::int32_t> labels, std::span<const float> weights) {
    core::require(labels.size() == logits.count, "every row has a label");
    const RowShares counts(weights, logits.count);
    double loss = 0;
    for (std::size_t row = 0; row < logits.count; ++row) {
        const Values z = map(logits[row]);
        const float largest = z.maxCoeff<Eigen::PropagateNaN>();
        loss += counts[row] * LogSum{largest, std::log((z - largest).exp().sum())}.above(z[labels[row]]);
    }
    return loss;
}

double squared_error(const Rows& outputs, std::span<const float> targets, const Rows& gradient,
                     std::span<const float> weights) {
    core::require(gradient.count == outputs.count && gradient.width == outputs.width, "gradient and outputs fit");
    const double loss = squared_error(outputs, targets, weights);
    const RowShares counts(weights, outputs.count);
    const float share = 2.0F / static_cast<float>(outputs.count * outputs.width);
    for (std::size_t row = 0; row < outputs.count; ++row) {
        const std::span<const float> y = outputs[row];
        const std::span<float> out = gradient[row];
        const float own = counts[row] * share;
        for (std::size_t c = 0; c < outputs.width; ++c) out[c] = own * (y[c] - targets[row * outputs.width + c]);
    }
    return loss;
}

double squared_error(const Rows& outputs, std::span<const float> targets, std::span<const float> weights) {
    const RowShares counts(weights, outputs.count);
    core::require(targets.size() == outputs.count * outputs.width, "every row has its targets");
    double loss = 0;
    for (std::size_t row = 0; row < outputs.count; ++row) {
        double sum = 0;
        for (std::size_t c = 0; c < outputs.width; ++c) {
            const double error = static_cast<double>(outputs[row][c]) - targets[row * outputs.width + c];
            sum += error * error;
        }
        loss += counts[row] * (sum / static_cast<double>(outputs.width));
    }
    return loss;
}

float variance_of(float output) {
    // Where exp(s) overflows, ln(1 + exp(s)) is s itself.
    return std::max(output, 0.0F) + std::log1p(std::exp(-std::abs(output))) + least_variance;
}

double gaussian_nll(const Rows& outputs, std::span<const float> targets, const Rows& gradient,
                    std::span<const float> weights) {
    core::require(gradient.count == outputs.count && gradient.width == outputs.width, "gradient and outputs fit");
    const double loss = gaussian_nll(outputs, targets, weights);
    const RowShares counts(weights, outputs.count);
    const std::size_t pairs = outputs.width / 2;
    const double share = 1.0 / static_cast<double>(outputs.count * pairs);
    for (std::size_t row = 0; row < outputs.count; ++row) {
        const std::span<const float> y = outputs[row];
        const std::span<float> out = gradient[row];
        const double own = counts[row] * share;
        for (std::size_t pair = 0; pair < pairs; ++pair) {
            const double error = double{y[2 * pair]} - targets[row * pairs + pair];
            const double variance = variance_of(y[2 * pair + 1]);
            const double slope = 1 / (1 + std::exp(-double{y[2 * pair + 1]}));  // of the variance by its output
            out[2 * pair] = static_cast<float>(own * error / variance);
            out[2 * pair + 1] = static_cast<float>(own * 0.5 * (1 - error * error / variance) / variance * slope);
        }
    }
    return loss;
}

double gaussian_nll(const Rows& outputs, std::span<const float> targets, std::span<const float> weights) {
    const RowShares counts(weights, outputs.count);
    core::require(outputs.width % 2 == 0 && targets.size() == outputs.count * outputs.width / 2,
                  "every pair of outputs has a target");
    const std::size_t pairs = outputs.width / 2;
    double loss = 0;
    for (std::size_t row = 0; row < outputs.count; ++row) {
        double sum = 0;
        for (std::size_t pair = 0; pair < pairs; ++pair) {
            const double error = double{outputs[row][2 * pair]} - targets[row * pairs + pair];
            const double variance = variance_of(outputs[row][2 * pair + 1]);
            sum += 0.5 * (std::log(2 * std::numbers::pi * variance) + error * error / variance);
        }
        loss += counts[row] * (sum / static_cast<double>(pairs));
    }
    return loss;
}

}  // namespace ensemble::compute
