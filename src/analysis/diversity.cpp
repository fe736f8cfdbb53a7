#include "analysis/diversity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include <boost/math/distributions/students_t.hpp>

#include "analysis/mean_gain.hpp"
#include "core/contract.hpp"

namespace ensemble::analysis {
namespace {

constexpr double not_defined = std::numeric_limits<double>::quiet_NaN();

/// Everything diversity_of() looks at.
struct Found {
    const task::Task& task;
    std::size_t targets;
    const Subsets& subsets;
    const MemberSums& sums;
    std::size_t members;
    std::size_t best;  ///< places in the committee
    std::size_t second;
    std::vector<std::size_t> metrics;  ///< metrics_by_size()

    [[nodiscard]] std::size_t questions() const { return task.questions(targets); }
    [[nodiscard]] double rows() const { return static_cast<double>(sums.rows); }
    [[nodiscard]] std::size_t paired() const { return std::min(members, most_paired); }

    /// A metric from the sums of its lines: sum(line) over all rows.
    template <class Sum>
    [[nodiscard]] double metric(std::size_t place, const Sum& sum) const {
        const task::Metric& metric = task.metrics()[metrics[place]];
        double all = 0;
        for (std::size_t question = 0; question < questions(); ++question)
            all += metric.from_mean(sum(place * questions() + question) / rows());
        return all / static_cast<double>(questions());
    }
};

/// A symmetric matrix of of(first, second), first < second.
template <class Of>
std::vector<double> matrix(std::size_t members, double diagonal, const Of& of) {
    std::vector<double> values(members * members, diagonal);
    for (std::size_t second = 1; second < members; ++second) {
        for (std::size_t first = 0; first < second; ++first)
            values[first * members + second] = values[second * members + first] = of(first, second);
    }
    return values;
}

double ratio(double numerator, double denominator) {
    return denominator == 0 ? not_defined : numerator / denominator;
}

/// Of two members' answers, as counts of rows.
struct Agreement {
    double both_right;
    double only_first;
    double only_second;
    double both_wrong;
};

Agreement agreement_of(const MemberSums& sums, std::size_t first, std::size_t second) {
    const auto both = static_cast<double>(sums.both_right[pair_place(first, second)]);
    const auto one = static_cast<double>(sums.right[first]);
    const auto other = static_cast<double>(sums.right[second]);
    return {.both_right = both,
            .only_first = one - both,
            .only_second = other - both,
            .both_wrong = static_cast<double>(sums.rows) - one - other + both};
}

/// Yule's Q (Kuncheva and Whitaker 2003).
double q_statistic(const MemberSums& sums, std::size_t first, std::size_t second) {
    const Agreement pair = agreement_of(sums, first, second);
    const double same = pair.both_right * pair.both_wrong;
    const double different = pair.only_first * pair.only_second;
    return ratio(same - different, same + different);
}

/// Pearson's correlation of being right.
double hit_correlation(const MemberSums& sums, std::size_t first, std::size_t second) {
    const Agreement pair = agreement_of(sums, first, second);
    const double right = pair.both_right + pair.only_first;
    const double other_right = pair.both_right + pair.only_second;
    const double wrong = pair.both_wrong + pair.only_second;
    const double other_wrong = pair.both_wrong + pair.only_first;
    return ratio(pair.both_right * pair.both_wrong - pair.only_first * pair.only_second,
                 std::sqrt(right * wrong) * std::sqrt(other_right * other_wrong));
}

/// Cohen's (1960), of the classes that two members choose.
double kappa(const MemberSums& sums, std::size_t classes, std::size_t first, std::size_t second) {
    const auto rows = static_cast<double>(sums.rows);
    double by_chance = 0;
    for (std::size_t c = 0; c < classes; ++c)
        by_chance += static_cast<double>(sums.chosen[first * classes + c]) / rows *
                     static_cast<double>(sums.chosen[second * classes + c]) / rows;
    return ratio(static_cast<double>(sums.agree[pair_place(first, second)]) / rows - by_chance, 1 - by_chance);
}

/// Pearson's correlation of the errors of numbers, the mean over the targets.
double error_correlation(const Found& found, std::size_t first, std::size_t second) {
    const MemberSums& sums = found.sums;
    const std::size_t pairs = sums.residual_products.size() / found.targets;
    double all = 0;
    for (std::size_t target = 0; target < found.targets; ++target) {
        const auto mean = [&](std::size_t member) {
            return sums.residuals[target * found.paired() + member] / found.rows();
        };
        const auto variance = [&](std::size_t member) {
            return sums.residual_squares[target * found.paired() + member] / found.rows() - mean(member) * mean(member);
        };
        const double product = sums.residual_products[target * pairs + pair_place(first, second)] / found.rows();
        all +=
            ratio(product - mean(first) * mean(second), std::sqrt(std::max(variance(first) * variance(second), 0.0)));
    }
    return std::clamp(all / static_cast<double>(found.targets), -1.0, 1.0);
}

std::vector<PairMeasure> pair_measures(const Found& found) {
    const std::size_t members = found.paired();
    if (members < 2) return {};
    const MemberSums& sums = found.sums;
    const auto with = [&](auto measure) {
        return [&sums, measure](std::size_t first, std::size_t second) { return measure(sums, first, second); };
    };
    if (found.task.kind == task::Kind::regression) {
        return {{.name = "correlation", .values = matrix(members, 1, [&](std::size_t first, std::size_t second) {
                                            return error_correlation(found, first, second);
                                        })}};
    }
    return {
        {.name = "disagreement",
         .values = matrix(members, 0,
                          [&](std::size_t first, std::size_t second) {
                              return 1 - static_cast<double>(sums.agree[pair_place(first, second)]) / found.rows();
                          })},
        {.name = "correlation", .values = matrix(members, 1, with(hit_correlation))},
        {.name = "q_statistic", .values = matrix(members, 1, with(q_statistic))},
        {.name = "kappa",
         .values =
             matrix(members, 1,
                    [&](std::size_t first, std::size_t second) { return kappa(sums, found.targets, first, second); })},
    };
}

/// The value below which a share of the sorted values lies, between neighbours by interpolation.
double quantile(const std::vector<double>& sorted, double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

/// Ensembles of so many members: sum(line, i) are the sums of the i-th of them.
template <class Sum>
SizeResult size_result(const Found& found, std::size_t members, std::size_t ensembles, const Sum& sum) {
    constexpr double tail = 0.05;
    SizeResult result{.members = members, .mean = {}, .spread = {}};
    for (std::size_t place = 0; place < found.metrics.size(); ++place) {
        std::vector<double> values(ensembles);
        for (std::size_t i = 0; i < ensembles; ++i)
            values[i] = found.metric(place, [&](std::size_t line) { return sum(line, i); });
        std::ranges::sort(values);
        result.mean.push_back(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(ensembles));
        result.spread.push_back({.low = quantile(values, tail), .high = quantile(values, 1 - tail)});
    }
    return result;
}

std::vector<SizeResult> results_by_size(const Found& found) {
    const std::size_t members = found.members;
    const std::size_t orders = found.subsets.orders.size();
    const std::size_t sizes = found.subsets.sizes.size();
    const MemberSums& sums = found.sums;
    std::vector<SizeResult> results;
    if (members > 1)
        results.push_back(size_result(found, 1, members, [&](std::size_t line, std::size_t member) {
            return sums.members[line * members + member];
        }));
    for (std::size_t size = 0; size < sizes; ++size) {
        results.push_back(size_result(
            found, found.subsets.sizes[size], orders,
            [&](std::size_t line, std::size_t order) { return sums.subsets[(line * sizes + size) * orders + order]; }));
    }
    constexpr std::size_t with_others = 3;  // of two members the ensemble without one is the other
    if (members >= with_others)
        results.push_back(size_result(found, members - 1, members, [&](std::size_t line, std::size_t member) {
            return sums.without[line * members + member];
        }));
    results.push_back(
        size_result(found, members, 1, [&](std::size_t line, std::size_t) { return sums.ensemble[line]; }));
    return results;
}

/// [members][metrics] of the ensemble without a member.
std::vector<std::vector<double>> reduced_scores(const Found& found) {
    std::vector<std::vector<double>> scores(found.members < 2 ? 0 : found.members);
    for (std::size_t member = 0; member < scores.size(); ++member) {
        for (std::size_t place = 0; place < found.metrics.size(); ++place)
            scores[member].push_back(found.metric(
                place, [&](std::size_t line) { return found.sums.without[line * found.members + member]; }));
    }
    return scores;
}

/// The squared standard error of a gain by the jackknife, less that of the rows in it. `reference(line, m)` is the sum
/// of the row values that the ensemble without member m is compared with; `with` and `own` are the moments of these.
template <class Reference>
double jackknife_error(const Found& found, std::size_t place, Moment with, Moment own, const Reference& reference) {
    const auto members = static_cast<double>(found.members);
    const task::Metric& metric = found.task.metrics()[found.metrics[place]];
    std::vector<double> gains(found.members);
    double of_rows = 0;
    for (std::size_t question = 0; question < found.questions(); ++question) {
        const std::size_t line = place * found.questions() + question;
        const auto ensemble = [&](std::size_t member) { return found.sums.without[line * found.members + member]; };
        std::vector<double> differences(found.members);
        const double slope = slope_at(metric, found.sums.ensemble[line] / found.rows());
        const double reference_slope = slope_at(metric, reference(line, found.best) / found.rows());
        for (std::size_t member = 0; member < found.members; ++member) {
            const double theirs = reference(line, member) / found.rows();
            gains[member] += metric.from_mean(ensemble(member) / found.rows()) - metric.from_mean(theirs);
            differences[member] = slope * ensemble(member) - reference_slope * reference(line, member);
        }
        const auto moment = [&](Moment which) {
            return found.sums.moments[line * moment_count + static_cast<std::size_t>(which)];
        };
        double squares = slope * slope * moment(Moment::ensemble) - 2 * slope * reference_slope * moment(with) +
                         reference_slope * reference_slope * moment(own);
        const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / members;
        for (const double difference : differences) squares -= (difference - mean) * (difference - mean) / found.rows();
        of_rows += squares / (found.rows() - 1) / found.rows();
    }
    const auto questions = static_cast<double>(found.questions());
    const double mean = std::accumulate(gains.begin(), gains.end(), 0.0) / members;
    double squares = 0;
    for (const double gain : gains) squares += (gain - mean) * (gain - mean);
    const double net = (squares - of_rows) / (questions * questions) * (members - 1) / members;
    return std::sqrt(std::max(net, 0.0));
}

std::vector<MemberVariation> variations(const Found& found) {
    constexpr std::size_t fewest = 3;
    std::vector<MemberVariation> all;
    if (found.members < fewest || found.sums.rows < 2) return all;
    const auto of_member = [&](std::size_t line, std::size_t member) {
        return found.sums.members[line * found.members + member];
    };
    std::vector<double> sums;  // over the members, by line
    for (std::size_t line = 0; line < found.sums.ensemble.size(); ++line) {
        double& sum = sums.emplace_back(0);
        for (std::size_t member = 0; member < found.members; ++member) sum += of_member(line, member);
    }
    const auto mean_of_others = [&](std::size_t line, std::size_t left_out) {
        return (sums[line] - of_member(line, left_out)) / static_cast<double>(found.members - 1);
    };
    const auto best_of_others = [&](std::size_t line, std::size_t left_out) {
        return of_member(line, left_out == found.best ? found.second : found.best);
    };
    for (std::size_t place = 0; place < found.metrics.size(); ++place) {
        all.push_back({.over_mean = jackknife_error(found, place, Moment::with_mean, Moment::mean, mean_of_others),
                       .over_best = jackknife_error(found, place, Moment::with_best, Moment::best, best_of_others)});
    }
    return all;
}

AmbiguitySplit mean_split(const std::vector<double>& sums, double rows) {
    AmbiguitySplit split;
    const std::size_t questions = sums.size() / split_parts;
    const double count = rows * static_cast<double>(questions);
    for (std::size_t at = 0; at < sums.size(); at += split_parts) {
        split.mean_member += sums[at + static_cast<std::size_t>(Split::mean_member)] / count;
        split.diversity += sums[at + static_cast<std::size_t>(Split::diversity)] / count;
        split.ensemble += sums[at + static_cast<std::size_t>(Split::ensemble)] / count;
    }
    return split;
}

/// Each with the first member that predicts the same.
std::vector<std::pair<std::uint32_t, std::uint32_t>> twins_of(const Committee& committee, const MemberSums& sums) {
    std::unordered_map<std::uint64_t, std::uint32_t> first;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> twins;
    for (std::size_t place = 0; place < committee.members.size(); ++place) {
        const auto [known, is_new] = first.try_emplace(sums.digests.at(place), committee.members[place]);
        if (!is_new) twins.emplace_back(known->second, committee.members[place]);
    }
    return twins;
}

}  // namespace

DiversityResult diversity_of(const task::Task& task, std::size_t targets, const Subsets& subsets,
                             const Committee& committee, const MemberSums& sums) {
    const Found found{.task = task,
                      .targets = targets,
                      .subsets = subsets,
                      .sums = sums,
                      .members = committee.members.size(),
                      .best = committee.place_of(committee.best),
                      .second = committee.place_of(committee.second),
                      .metrics = metrics_by_size(task)};
    DiversityResult result{.metrics = found.metrics,
                           .by_size = results_by_size(found),
                           .pairs = pair_measures(found),
                           .ambiguity = mean_split(sums.split, found.rows()),
                           .log_ambiguity = {},
                           .without = reduced_scores(found),
                           .variation = variations(found),
                           .twins = twins_of(committee, sums)};
    if (!sums.log_split.empty()) result.log_ambiguity = mean_split(sums.log_split, found.rows());
    return result;
}

Interval widened(double value, const Interval& rows, double error, std::size_t members) {
    core::require(members > 1, "one member does not vary");
    if (error == 0) return rows;
    const boost::math::students_t_distribution<double> t(static_cast<double>(members - 1));
    const double more = boost::math::quantile(boost::math::complement(t, interval_tail)) * error;
    return {.low = value - std::hypot(value - rows.low, more), .high = value + std::hypot(rows.high - value, more)};
}

}  // namespace ensemble::analysis
