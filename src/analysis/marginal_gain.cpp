#include "analysis/marginal_gain.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <boost/math/distributions/students_t.hpp>

#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

/// The log loss of probability `without` in place of `all`, less what a straight line says.
double beyond_slope(double without, double all) {
    const double probability = std::max(all, task::least_probability);
    return std::log(probability / std::max(without, task::least_probability)) + (without - all) / probability;
}

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Variance of the mean of `values`.
double variance_of_mean(std::span<const double> values) {
    const double mean = mean_of(values);
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const auto count = static_cast<double>(values.size());
    return squares / (count - 1) / count;
}

/// See MarginalGains.
MarginalGain bounded(std::span<const double> of_rows, std::span<const double> of_rounds) {
    constexpr double confidence = 0.95;
    const double mean = mean_of(of_rows);
    const double of_row = variance_of_mean(of_rows);
    const double of_round = variance_of_mean(of_rounds);
    const double variance = of_row + of_round;
    if (!(mean > 0 && variance > 0)) return {.added = mean, .bound = mean};  // members that are all the same
    if (!std::isfinite(variance)) return {.added = mean, .bound = std::numeric_limits<double>::infinity()};
    const auto part = [&](double one, std::size_t count) {
        return one / variance * (one / variance) / static_cast<double>(count - 1);
    };
    const double freedom = 1 / (part(of_row, of_rows.size()) + part(of_round, of_rounds.size()));
    const boost::math::students_t_distribution<double> t(freedom);
    const double deviations = boost::math::quantile(t, confidence);
    return {.added = mean, .bound = mean * std::exp(deviations * std::sqrt(variance) / mean)};
}

}  // namespace

std::string text_of(const StopResult& result) {
    const std::string more = result.round == 1 ? "member" : fmt::format("round of {} members", result.round);
    const bool is_little = result.last.bound < result.asked;
    return fmt::format("With {} members, one more {} adds at most {:.2g} to the {} (95 % confidence), {} {:g}",
                       result.members, more, result.last.bound, result.metric == "nll" ? "NLL" : "RMSE",
                       is_little ? "less than" : "which may be", result.asked);
}

MarginalGains::MarginalGains(const task::Task& task, std::size_t targets, task::Truth truth, std::size_t rows)
    : task_(&task),
      targets_(targets),
      truth_(truth),
      rows_(rows),
      questions_(task.questions(targets)),
      sums_(rows * questions_) {
    core::require(rows > 1, "how rows differ is seen on two of them");
}

std::string_view MarginalGains::metric_of(const task::Task& task) {
    return task.kind == task::Kind::classification ? "nll" : "rmse";
}

void MarginalGains::add(std::span<const float> predictions) {
    const std::size_t width = task_->predicted_width(targets_);
    core::require(predictions.size() == rows_ * width, "a member predicts every row");
    if (!open_) open_ = Round{.members = 0, .sums = std::vector<float>(sums_.size())};
    ++open_->members;
    const bool classes = task_->kind == task::Kind::classification;
    for (std::size_t row = 0; row < rows_; ++row) {
        for (std::size_t question = 0; question < questions_; ++question) {
            const std::size_t place =
                classes ? static_cast<std::size_t>(truth_.labels[row]) : question * task_->predicted;
            open_->sums[row * questions_ + question] += predictions[row * width + place];
        }
    }
}

void MarginalGains::end_round() {
    if (!open_) return;
    members_ += open_->members;
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += double{open_->sums[i]};
    rounds_.push_back(*std::exchange(open_, std::nullopt));
}

/// What a squared distance of each target counts: half of one over the ensemble's RMSE and the number of targets.
std::vector<double> MarginalGains::scales() const {
    std::vector<double> squares(questions_);
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        const double error = sums_[i] / static_cast<double>(members_) - double{truth_.numbers[i]};
        squares[i % questions_] += error * error;
    }
    for (double& scale : squares) {
        const double rmse = std::sqrt(scale / static_cast<double>(rows_));
        scale = 0.5 / std::max(rmse, std::numeric_limits<double>::min()) / static_cast<double>(questions_);
    }
    return squares;
}

std::optional<MarginalGain> MarginalGains::last() const {
    if (rounds_.size() < least_rounds) return std::nullopt;
    const bool classes = task_->kind == task::Kind::classification;
    const std::vector<double> scale = classes ? std::vector<double>{} : scales();
    std::vector<double> of_rows(rows_);
    std::vector<double> of_rounds;
    const auto all_members = static_cast<double>(members_);
    for (const Round& round : rounds_) {
        const auto others = static_cast<double>(members_ - round.members);
        double sum = 0;
        for (std::size_t i = 0; i < sums_.size(); ++i) {
            const double all = sums_[i] / all_members;
            const double without = (sums_[i] - double{round.sums[i]}) / others;
            const double z =
                classes ? beyond_slope(without, all) : (without - all) * (without - all) * scale[i % questions_];
            of_rows[i / questions_] += z / static_cast<double>(rounds_.size());
            sum += z;
        }
        of_rounds.push_back(sum / static_cast<double>(rows_));
    }
    return bounded(of_rows, of_rounds);
}

}  // namespace ensemble::analysis
