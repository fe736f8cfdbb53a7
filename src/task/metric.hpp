#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "task/truth.hpp"

namespace ensemble::task {

/// Predictions and truths of some rows about one question: which class it is, or how much one target is.
struct Answers {
    std::span<const float> predictions;  ///< [rows × stride]
    std::size_t rows = 0;
    std::size_t stride = 0;                     ///< numbers predicted of a row, all questions together
    std::size_t first = 0;                      ///< the first of these that belongs to the question
    std::size_t width = 0;                      ///< how many do: the classes; a target's mean and variance
    std::span<const std::int32_t> chosen = {};  ///< classification: [rows] the class that was decided on
    std::span<const float> components = {};     ///< of a mixture: [members × rows × stride] what its members predict
    std::size_t members = 0;                    ///< of the mixture; 0 where the prediction is none
    std::span<const double> weights = {};       ///< of these; empty: all count the same
    Truth truth;
    std::size_t target = 0;  ///< regression: which of the targets

    [[nodiscard]] std::span<const float> of(std::size_t row) const {
        return predictions.subspan(row * stride + first, width);
    }
    [[nodiscard]] std::span<const float> component(std::size_t member, std::size_t row) const {
        return components.subspan((member * rows + row) * stride + first, width);
    }
    [[nodiscard]] std::size_t label(std::size_t row) const { return static_cast<std::size_t>(truth.labels[row]); }
    [[nodiscard]] double number(std::size_t row) const { return truth.numbers[row * truth.targets + target]; }
};

/// Which way predictions are better. `nominal`: neither; there is a value they should have.
enum class Better : std::uint8_t { higher, lower, nominal };

/// What a log loss takes for the least probability, so that one certain error stays finite.
inline constexpr double least_probability = 0x1p-40;

/// How people read a value.
enum class Unit : std::uint8_t { share, number };

/// What a metric is, and each row's part in it (Hampel 1974): with row i weighing 1 + w_i, Σ w_i = 0, it is to first
/// order value + Σ w_i · rows[i] / rows. The mean of `rows` is 0; NaN where the metric is.
struct Influences {
    double value = 0;
    std::vector<double> rows;
};

/// A measure of how good predictions are. What is, but for a function of the whole, a mean over rows says so with
/// `of_row`, from which resampling of rows follows; anything else is computed from all rows by `of_all`, and says what
/// each row's part in it is by `influences`.
struct Metric {
    std::string_view name;   ///< in files: "nll"
    std::string_view title;  ///< in tables, at most nine characters: "NLL"
    std::string_view text;   ///< what it is, in a line
    Better better = Better::lower;
    Unit unit = Unit::number;
    bool in_table = false;  ///< of the terminal, which is narrow
    bool by_size = false;   ///< told of ensembles of fewer members too; of a mean, and not of a mixture's components
    double (*of_row)(const Answers& answers, std::size_t row) = nullptr;
    double (*of_mean)(double mean) = nullptr;  ///< makes the metric of the mean of of_row; null: it is that mean
    double (*of_all)(const Answers& answers) = nullptr;
    Influences (*influences)(const Answers& answers) = nullptr;

    [[nodiscard]] bool is_mean() const noexcept { return of_row != nullptr; }
    [[nodiscard]] double from_mean(double mean) const { return of_mean == nullptr ? mean : of_mean(mean); }
};

/// The metrics of each kind of task, in the order in which they are reported; the first is the one that gains are told
/// in. A new metric is an entry there.
[[nodiscard]] std::span<const Metric> classification_metrics() noexcept;
[[nodiscard]] std::span<const Metric> regression_metrics() noexcept;

/// The metric's value. NaN where it has none, as a rank correlation of a single class. REQUIRES: at least one row.
[[nodiscard]] double evaluate(const Metric& metric, const Answers& answers);

}  // namespace ensemble::task
