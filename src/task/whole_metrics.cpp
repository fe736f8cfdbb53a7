#include "task/whole_metrics.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace ensemble::task {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

std::size_t chosen(const Answers& answers, std::size_t row) {
    return static_cast<std::size_t>(answers.chosen[row]);
}

bool is_hit(const Answers& answers, std::size_t row) {
    return chosen(answers, row) == answers.label(row);
}

/// What bins of the probability of the chosen class hold. Exact: a float times 15 fits a double, and inner edges k/15
/// are no floats, so it does not matter which bin owns them.
class Bins {
public:
    explicit Bins(const Answers& answers) {
        for (std::size_t row = 0; row < answers.rows; ++row) gap_.at(bin_of(answers, row)) += excess(answers, row);
    }

    [[nodiscard]] static std::size_t bin_of(const Answers& answers, std::size_t row) {
        const double p = answers.of(row)[chosen(answers, row)];
        return std::min(static_cast<std::size_t>(p * static_cast<double>(count)), count - 1);
    }
    /// How much more confident it is of a row than right.
    [[nodiscard]] static double excess(const Answers& answers, std::size_t row) {
        return double{answers.of(row)[chosen(answers, row)]} - (is_hit(answers, row) ? 1.0 : 0.0);
    }
    /// Summed confidence − hits.
    [[nodiscard]] double gap(std::size_t bin) const { return gap_.at(bin); }

    static constexpr std::size_t count = 15;

private:
    std::array<double, count> gap_{};
};

/// How often each class occurs, is predicted, and is predicted rightly.
struct Counts {
    std::vector<double> occurs;
    std::vector<double> predicted;
    std::vector<double> right;

    explicit Counts(const Answers& answers) : occurs(answers.width), predicted(answers.width), right(answers.width) {
        for (std::size_t row = 0; row < answers.rows; ++row) {
            ++occurs[answers.label(row)];
            ++predicted[chosen(answers, row)];
            if (is_hit(answers, row)) ++right[answers.label(row)];
        }
    }

    [[nodiscard]] std::size_t classes() const noexcept { return occurs.size(); }

    /// Mean of value(c) over the classes that are selected.
    template <class Selects, class Value>
    [[nodiscard]] double mean(const Selects& selects, const Value& value) const {
        double sum = 0;
        double number = 0;
        for (std::size_t c = 0; c < classes(); ++c) {
            if (!selects(c)) continue;
            sum += value(c);
            ++number;
        }
        return sum / number;
    }
    /// Of a class; 0 where it has none.
    [[nodiscard]] double recall(std::size_t c) const { return occurs[c] > 0 ? right[c] / occurs[c] : 0; }
    [[nodiscard]] double f1(std::size_t c) const { return either(c) > 0 ? 2 * right[c] / either(c) : 0; }
    [[nodiscard]] double either(std::size_t c) const { return occurs[c] + predicted[c]; }
};

/// Rows in the order of p(c), and those of equal p(c) together.
class Ranking {
public:
    Ranking(const Answers& answers, std::size_t c) : answers_(&answers), class_(c), order_(answers.rows) {
        // Probabilities are not negative, and their bits are in their order: numbers are sorted faster than places.
        std::vector<std::uint64_t> keys(answers.rows);
        for (std::size_t row = 0; row < answers.rows; ++row)
            keys[row] = (std::uint64_t{std::bit_cast<std::uint32_t>(answers.of(row)[c] + 0.0F)} << 32U) | row;
        std::ranges::sort(keys);
        std::ranges::transform(keys, order_.begin(), [](std::uint64_t key) { return static_cast<std::uint32_t>(key); });
        for (std::size_t row = 0; row < answers.rows; ++row) positives_ += is_positive(row) ? 1 : 0;
    }

    [[nodiscard]] bool is_positive(std::size_t row) const { return answers_->label(row) == class_; }
    [[nodiscard]] double positives() const noexcept { return positives_; }
    [[nodiscard]] double negatives() const { return static_cast<double>(answers_->rows) - positives_; }

    /// each(rows of equal p, positives before these, positives among these).
    template <class Each>
    void groups(const Each& each) const {
        double before = 0;
        for (std::size_t begin = 0; begin < order_.size();) {
            std::size_t end = begin;
            double here = 0;
            for (; end < order_.size() && p(end) == p(begin); ++end) here += is_positive(order_[end]) ? 1 : 0;
            each(std::span(order_).subspan(begin, end - begin), before, here);
            before += here;
            begin = end;
        }
    }

private:
    [[nodiscard]] float p(std::size_t place) const { return answers_->of(order_[place])[class_]; }

    const Answers* answers_;
    std::size_t class_;
    std::vector<std::uint32_t> order_;
    double positives_ = 0;
};

/// The share of pairs of a row of class `c` and another row of which the first has the larger p(c), equal ones half:
/// the Mann-Whitney statistic. NaN if there are no pairs.
double area_under_curve(const Ranking& ranking) {
    double rank_sum = 0;
    double first = 1;
    ranking.groups([&](std::span<const std::uint32_t> rows, double, double here) {
        const auto count = static_cast<double>(rows.size());
        rank_sum += here * (first + (count - 1) / 2);  // equals share the mean of their ranks
        first += count;
    });
    const double positives = ranking.positives();
    return (rank_sum - positives * (positives + 1) / 2) / (positives * ranking.negatives());
}

/// Adds the influences on the area of one class, divided by `classes`.
void add_area_influences(const Ranking& ranking, double area, double classes, std::span<double> influences) {
    const auto all = static_cast<double>(influences.size());
    double before = 0;
    ranking.groups([&](std::span<const std::uint32_t> rows, double positives_before, double here) {
        const auto count = static_cast<double>(rows.size());
        const double negatives_before = before - positives_before;
        const double below = negatives_before + (count - here) / 2;              // negatives that a positive exceeds
        const double above = ranking.positives() - positives_before - here / 2;  // positives that exceed a negative
        for (const std::uint32_t row : rows) {
            const double placement =
                ranking.is_positive(row) ? below / ranking.negatives() : above / ranking.positives();
            const double share = (ranking.is_positive(row) ? ranking.positives() : ranking.negatives()) / all;
            influences[row] += (placement - area) / share / classes;
        }
        before += count;
    });
}

/// The classes whose areas are averaged.
std::vector<std::size_t> classes_with_area(const Answers& answers) {
    if (answers.width == 2) return {1};
    const Counts counts(answers);
    std::vector<std::size_t> classes;
    for (std::size_t c = 0; c < answers.width; ++c) {
        if (counts.occurs[c] > 0 && counts.occurs[c] < static_cast<double>(answers.rows)) classes.push_back(c);
    }
    return classes;
}

/// Mean over the rows of a target's numbers and squared errors.
struct Spread {
    double mean = 0;
    double variance = 0;
    double squared_error = 0;

    explicit Spread(const Answers& answers) {
        const auto rows = static_cast<double>(answers.rows);
        for (std::size_t row = 0; row < answers.rows; ++row) mean += answers.number(row) / rows;
        for (std::size_t row = 0; row < answers.rows; ++row) {
            variance += square(answers.number(row) - mean) / rows;
            squared_error += square(error(answers, row)) / rows;
        }
    }
    [[nodiscard]] static double square(double x) { return x * x; }
    [[nodiscard]] static double error(const Answers& answers, std::size_t row) {
        return double{answers.of(row)[0]} - answers.number(row);
    }
};

}  // namespace

double calibration_error(const Answers& answers) {
    const Bins bins(answers);
    double gap = 0;
    for (std::size_t bin = 0; bin < Bins::count; ++bin) gap += std::abs(bins.gap(bin));
    return gap / static_cast<double>(answers.rows);
}

Influences calibration_error_influences(const Answers& answers) {
    const Bins bins(answers);
    const double error = calibration_error(answers);
    Influences influences{.value = error, .rows = std::vector<double>(answers.rows)};
    for (std::size_t row = 0; row < answers.rows; ++row) {
        const double gap = bins.gap(Bins::bin_of(answers, row));
        const double excess = Bins::excess(answers, row);
        influences.rows[row] = (gap < 0 ? -excess : gap > 0 ? excess : 0) - error;
    }
    return influences;
}

double balanced_accuracy(const Answers& answers) {
    const Counts counts(answers);
    return counts.mean([&](std::size_t c) { return counts.occurs[c] > 0; },
                       [&](std::size_t c) { return counts.recall(c); });
}

Influences balanced_accuracy_influences(const Answers& answers) {
    const Counts counts(answers);
    const auto classes = static_cast<double>(std::ranges::count_if(counts.occurs, [](double n) { return n > 0; }));
    const auto all = static_cast<double>(answers.rows);
    Influences influences{.value = balanced_accuracy(answers), .rows = std::vector<double>(answers.rows)};
    for (std::size_t row = 0; row < answers.rows; ++row) {
        const std::size_t c = answers.label(row);
        influences.rows[row] =
            ((is_hit(answers, row) ? 1.0 : 0.0) - counts.recall(c)) * all / counts.occurs[c] / classes;
    }
    return influences;
}

double macro_f1(const Answers& answers) {
    const Counts counts(answers);
    return counts.mean([&](std::size_t c) { return counts.either(c) > 0; },
                       [&](std::size_t c) { return counts.f1(c); });
}

/// Of a class f1 = Σ a / Σ b, with a = 2 where it is rightly predicted and b = 1 each where it occurs and is predicted.
Influences macro_f1_influences(const Answers& answers) {
    const Counts counts(answers);
    const auto all = static_cast<double>(answers.rows);
    double classes = 0;
    for (std::size_t c = 0; c < counts.classes(); ++c) classes += counts.either(c) > 0 ? 1 : 0;
    Influences influences{.value = macro_f1(answers), .rows = std::vector<double>(answers.rows)};
    for (std::size_t row = 0; row < answers.rows; ++row) {
        const std::size_t occurs = answers.label(row);
        const std::size_t predicted = chosen(answers, row);
        const double hit = is_hit(answers, row) ? 1 : 0;
        for (const std::size_t c : {occurs, predicted})
            influences.rows[row] += (hit - counts.f1(c)) * all / counts.either(c) / classes;
    }
    return influences;
}

double auroc(const Answers& answers) {
    const std::vector<std::size_t> classes = classes_with_area(answers);
    double sum = 0;
    for (const std::size_t c : classes) sum += area_under_curve(Ranking(answers, c));
    return sum / static_cast<double>(classes.size());
}

Influences auroc_influences(const Answers& answers) {
    const std::vector<std::size_t> classes = classes_with_area(answers);
    const auto count = static_cast<double>(classes.size());
    Influences influences{.value = 0, .rows = std::vector<double>(answers.rows, classes.empty() ? no_value : 0.0)};
    for (const std::size_t c : classes) {
        const Ranking ranking(answers, c);
        const double area = area_under_curve(ranking);
        influences.value += area;
        add_area_influences(ranking, area, count, influences.rows);
    }
    influences.value /= count;
    return influences;
}

double explained_share(const Answers& answers) {
    const Spread spread(answers);
    return spread.variance > 0 ? 1 - spread.squared_error / spread.variance : no_value;
}

Influences explained_share_influences(const Answers& answers) {
    const Spread spread(answers);
    Influences influences{.value = explained_share(answers), .rows = std::vector<double>(answers.rows, no_value)};
    if (spread.variance <= 0) return influences;
    for (std::size_t row = 0; row < answers.rows; ++row) {
        const double error = Spread::square(Spread::error(answers, row)) - spread.squared_error;
        const double variance = Spread::square(answers.number(row) - spread.mean) - spread.variance;
        influences.rows[row] = (spread.squared_error / spread.variance * variance - error) / spread.variance;
    }
    return influences;
}

}  // namespace ensemble::task
