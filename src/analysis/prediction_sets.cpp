#include "analysis/prediction_sets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "analysis/conformal.hpp"
#include "analysis/probabilities.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

namespace ensemble::analysis {
namespace {

/// The classes of one row after another in order of falling probability, and their scores without penalty.
class RankedClasses {
public:
    explicit RankedClasses(const SetRows& rows) : rows_(rows), order_(rows.answers.width), scores_(order_.size()) {
        core::require(rows.answers.width > 0 && rows.numbers.size() == rows.answers.rows,
                      "rows of sets have classes and numbers");
        bool valid = true;
        for (std::size_t row = 0; row < rows.answers.rows; ++row) valid &= are_probabilities(rows.answers.of(row));
        core::require(valid, "sets of classes are made of probabilities");
    }

    void look_at(std::size_t row) {
        const std::span<const float> p = rows_.answers.of(row);
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        std::ranges::sort(order_, [p](std::size_t a, std::size_t b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
        core::RandomStream stream({.seed = rows_.seed,
                                   .purpose = core::Purpose::sets,
                                   .epoch = rows_.is_calibration ? 0U : 1U,
                                   .step = rows_.numbers[row]});
        const double u = stream.uniform();
        double before = 0;
        for (std::size_t place = 0; place < order_.size(); ++place) {
            const double here = p[order_[place]];
            scores_[place] = before + u * here;
            before += here;
        }
    }

    [[nodiscard]] std::span<const std::size_t> order() const noexcept { return order_; }
    [[nodiscard]] std::span<const double> scores() const noexcept { return scores_; }

    /// From 0.
    [[nodiscard]] std::size_t place_of(std::size_t label) const {
        core::require(label < order_.size(), "a label is one of the classes");
        return static_cast<std::size_t>(std::ranges::find(order_, label) - order_.begin());
    }

private:
    SetRows rows_;
    std::vector<std::size_t> order_;
    std::vector<double> scores_;
};

/// `place` is from 0.
double penalised(double score, std::size_t place, const SetPenalty& penalty) {
    return place < penalty.free ? score : score + penalty.weight * static_cast<double>(place + 1 - penalty.free);
}

/// How many of a row's classes, whose scores rise, are in its set.
std::size_t size_of_set(std::span<const double> scores, const SetPenalty& penalty, double threshold) {
    std::size_t size = 1;
    while (size < scores.size() && penalised(scores[size], size, penalty) <= threshold) ++size;
    return size;
}

/// A row that a threshold or penalty is fitted to.
struct LabelledRow {
    std::vector<double> scores;  ///< [classes] in order of falling probability
    std::size_t place;           ///< of the label in that order, from 0
};

std::vector<LabelledRow> labelled_rows(const SetRows& rows, std::span<const std::size_t> chosen) {
    core::require(rows.answers.truth.labels.size() == rows.answers.rows, "rows that calibrate have labels");
    RankedClasses classes(rows);
    std::vector<LabelledRow> all;
    for (const std::size_t row : chosen) {
        classes.look_at(row);
        all.push_back({.scores = {classes.scores().begin(), classes.scores().end()},
                       .place = classes.place_of(rows.answers.label(row))});
    }
    return all;
}

double threshold_of(const std::vector<LabelledRow>& rows, const SetPenalty& penalty, double alpha) {
    std::vector<double> scores;
    for (const LabelledRow& row : rows) scores.push_back(penalised(row.scores[row.place], row.place, penalty));
    return conformal_threshold(scores, alpha);
}

SetPenalty penalty_of(const std::vector<LabelledRow>& rows, std::size_t classes, double alpha) {
    std::vector<double> places;
    for (const LabelledRow& row : rows) places.push_back(static_cast<double>(row.place + 1));
    const double free = conformal_threshold(places, alpha);
    SetPenalty best{.weight = 0, .free = std::isinf(free) ? classes : static_cast<std::size_t>(free)};
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (const double weight : {0.001, 0.01, 0.1, 0.2, 0.5}) {
        const SetPenalty penalty{.weight = weight, .free = best.free};
        const double threshold = threshold_of(rows, penalty, alpha);
        std::size_t together = 0;
        for (const LabelledRow& row : rows) together += size_of_set(row.scores, penalty, threshold);
        if (together >= least) continue;
        least = together;
        best.weight = weight;
    }
    return best;
}

std::vector<std::size_t> all_rows(const SetRows& rows) {
    std::vector<std::size_t> all(rows.answers.rows);
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

constexpr std::array<SetMethod, 2> ways_to_sets{{
    {.name = "aps", .text = "adaptive prediction sets: the most probable classes up to one sum", .is_penalised = false},
    {.name = "raps", .text = "regularised: the same with a penalty for classes far behind", .is_penalised = true},
}};

}  // namespace

std::size_t PredictionSets::size(std::size_t row) const {
    const auto first = contains.begin() + static_cast<std::ptrdiff_t>(row * classes);
    return std::accumulate(first, first + static_cast<std::ptrdiff_t>(classes), std::size_t{0});
}

double PredictionSets::mean_size() const {
    core::require(!contains.empty(), "a mean size is of sets");
    const auto together = std::accumulate(contains.begin(), contains.end(), std::size_t{0});
    return static_cast<double>(together) / static_cast<double>(rows());
}

std::vector<std::size_t> PredictionSets::sizes() const {
    std::vector<std::size_t> counts(classes + 1);
    for (std::size_t row = 0; row < rows(); ++row) ++counts[size(row)];
    return counts;
}

std::vector<std::uint8_t> PredictionSets::covered(std::span<const std::int32_t> labels) const {
    core::require(labels.size() == rows(), "every set has a label");
    std::vector<std::uint8_t> covered;
    bool valid = true;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const auto label = static_cast<std::size_t>(labels[row]);
        valid &= label < classes;
        covered.push_back(label < classes && has(row, label) ? 1 : 0);
    }
    core::require(valid, "a label is one of the classes");
    return covered;
}

double set_threshold(const SetRows& calibration, const SetPenalty& penalty, double alpha) {
    return threshold_of(labelled_rows(calibration, all_rows(calibration)), penalty, alpha);
}

PredictionSets prediction_sets(const SetRows& rows, const SetPenalty& penalty, double threshold) {
    core::require(!std::isnan(threshold) && penalty.weight >= 0,
                  "thresholds are numbers, and penalties are not negative");
    RankedClasses classes(rows);
    PredictionSets sets{.classes = rows.answers.width,
                        .contains = std::vector<std::uint8_t>(rows.answers.rows * rows.answers.width)};
    for (std::size_t row = 0; row < rows.answers.rows; ++row) {
        classes.look_at(row);
        const std::size_t size = size_of_set(classes.scores(), penalty, threshold);
        for (const std::size_t label : classes.order().first(size)) sets.contains[row * sets.classes + label] = 1;
    }
    return sets;
}

SetPenalty choose_penalty(const SetRows& rows, double alpha) {
    return penalty_of(labelled_rows(rows, all_rows(rows)), rows.answers.width, alpha);
}

std::span<const SetMethod> set_methods() noexcept {
    return ways_to_sets;
}

FittedSets fit_sets(const SetMethod& method, const SetRows& calibration, double alpha) {
    constexpr std::size_t chooses = 5;
    std::vector<std::size_t> to_choose;
    std::vector<std::size_t> to_calibrate;
    for (std::size_t row = 0; row < calibration.answers.rows; ++row)
        (method.is_penalised && row % chooses == 0 ? to_choose : to_calibrate).push_back(row);
    FittedSets fitted{.penalty = {}, .calibration_rows = to_calibrate.size()};
    if (method.is_penalised)
        fitted.penalty = penalty_of(labelled_rows(calibration, to_choose), calibration.answers.width, alpha);
    fitted.threshold = threshold_of(labelled_rows(calibration, to_calibrate), fitted.penalty, alpha);
    return fitted;
}

}  // namespace ensemble::analysis
