#include "analysis/mean_gain.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/paired_tests.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(mean_gain_tests)

using analysis::MeanGains;
using analysis::PairedGain;
using analysis::ResampledColumns;
using Values = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);

const task::Metric& metric(std::string_view name) {
    for (const task::Metric& each : task::regression_metrics()) {
        if (each.name == name) return each;
    }
    BOOST_FAIL("no metric " << name);
    return task::regression_metrics().front();
}

/// As MeanGains::all(), of fewer replicates: their ends have a relative standard error of about 3 %.
std::vector<PairedGain> of_some_replicates(const MeanGains& gains) {
    constexpr std::size_t some = 2000;
    return gains.from(analysis::studentised_replicates(gains.columns(), 0, some));
}

PairedGain gain(std::string_view name, const Values& ensemble, const Values& reference, std::size_t members = 1,
                std::uint64_t seed = 1) {
    MeanGains gains(ensemble.size(), seed);
    gains.add(metric(name), {ensemble}, {reference}, members);
    return of_some_replicates(gains).front();
}

double mean_of(const Values& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double width(const analysis::Interval& interval) {
    return interval.high - interval.low;
}

/// Losses of rows of which some are harder than others for both sides; the reference's are larger by `gain`.
struct Losses {
    Values ensemble;
    Values reference;

    Losses(std::size_t rows, double gain, core::RandomStream& stream) {
        for (std::size_t row = 0; row < rows; ++row) {
            const double hard = 10 + 5 * stream.normal();
            ensemble.push_back(hard + 0.5 * stream.normal());
            reference.push_back(hard + gain + 0.5 * stream.normal());
        }
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(gains_by_hand) {
    const Values ensemble{1, 4, 9, 2};
    const Values reference{4, 4, 25, 3};
    const PairedGain mae = gain("mae", ensemble, reference);
    BOOST_TEST(mae.gain.value == 5.0, nearly);  // 9 − 4: a smaller error is a gain
    BOOST_TEST(mae.gain.ci95.low < 5.0);
    BOOST_TEST(mae.gain.ci95.high > 5.0);
    BOOST_TEST(gain("mae", reference, ensemble).gain.value == -5.0, nearly);
    BOOST_TEST(gain("rmse", ensemble, reference).gain.value == 1.0, nearly);            // √9 − √4
    BOOST_TEST(gain("nll", Values{1, 2}, Values{9, 12}, 3).gain.value == 2.0, nearly);  // sums over three members
}

BOOST_AUTO_TEST_CASE(a_metric_that_should_be_high_gains_where_it_is_higher) {
    const task::Metric accuracy = task::classification_metrics().front();
    const Values ensemble{1, 1, 0, 1};
    const Values reference{1, 0, 0, 0};
    MeanGains gains(4, 1);
    gains.add(accuracy, {ensemble}, {reference}, 1);
    BOOST_TEST(gains.all().front().gain.value == 0.5, nearly);
}

BOOST_AUTO_TEST_CASE(of_several_targets_it_is_the_mean_of_their_gains) {
    const Values one{1, 3};
    const Values one_reference{4, 14};
    const Values two{100, 700};
    const Values two_reference{100, 1100};
    MeanGains gains(2, 1);
    gains.add(metric("rmse"), {one, two}, {one_reference, two_reference}, 1);
    const double expected = (std::sqrt(9.0) - std::sqrt(2.0) + std::sqrt(600.0) - std::sqrt(400.0)) / 2;
    BOOST_TEST(gains.all().front().gain.value == expected, nearly);
}

BOOST_AUTO_TEST_CASE(no_difference_gives_no_interval) {
    const Values losses{0.5, 2, 7, 0.125, 3};
    for (const char* name : {"mae", "rmse"}) {
        const PairedGain none = gain(name, losses, losses);
        BOOST_TEST(none.gain.value == 0.0);
        BOOST_TEST(none.gain.ci95.low == 0.0);
        BOOST_TEST(none.gain.ci95.high == 0.0);
        BOOST_TEST(none.p_value == 1.0);
    }
}

BOOST_AUTO_TEST_CASE(resampling_is_paired) {
    // Resampled apart, losses that differ by 5 from row to row would give an interval of about 2 · 1.96 · 5 · √(2/500).
    core::RandomStream stream({.seed = 3});
    const Losses losses(500, 0.2, stream);
    const PairedGain found = gain("mae", losses.ensemble, losses.reference);
    BOOST_TEST(width(found.gain.ci95) > 0.10);  // 2 · 1.96 · √(0.5 / 500) = 0.124
    BOOST_TEST(width(found.gain.ci95) < 0.15);
    BOOST_TEST(found.p_value < 1e-4);
}

BOOST_AUTO_TEST_CASE(the_p_value_is_that_of_the_paired_differences) {
    core::RandomStream stream({.seed = 4});
    const Losses losses(60, 0.1, stream);
    Values differences(60);
    for (std::size_t i = 0; i < differences.size(); ++i) differences[i] = losses.ensemble[i] - losses.reference[i];
    const double expected = analysis::paired_t_test(differences);
    BOOST_TEST(gain("mae", losses.ensemble, losses.reference).p_value == expected, nearly);
    BOOST_TEST(gain("rmse", losses.ensemble, losses.reference).p_value == expected, nearly);
}

BOOST_AUTO_TEST_CASE(interval_and_p_value_of_targets_in_different_units_agree) {
    // The gain lies in the target in small units, whose squared errors are a hundredth of the other's.
    core::RandomStream stream({.seed = 6});
    constexpr std::size_t rows = 100;
    constexpr int studies = 100;
    int agree = 0;
    for (int study = 0; study < studies; ++study) {
        std::vector<Values> own(2, Values(rows));
        std::vector<Values> reference(2, Values(rows));
        for (std::size_t i = 0; i < 2 * rows; ++i) {
            const double unit = i < rows ? 1 : 100;
            const double loss = 2 + std::pow(stream.normal(), 2);
            const double gained = (i < rows ? 3.5 : 2.01) + 0.6 * stream.normal();
            own[i / rows][i % rows] = unit * loss;
            reference[i / rows][i % rows] = unit * (loss - 2 + gained);
        }
        MeanGains gains(rows, static_cast<std::uint64_t>(study));
        gains.add(metric("rmse"), {own[0], own[1]}, {reference[0], reference[1]}, 1);
        const PairedGain found = of_some_replicates(gains).front();
        agree += found.gain.ci95.holds(0) == (found.p_value >= 0.05) ? 1 : 0;
    }
    BOOST_TEST_MESSAGE("agree: " << agree << " of " << studies);
    BOOST_TEST(agree > 0.93 * studies);
}

// 300 studies: the share of intervals that hold the truth has a standard error of 1.3 points.
BOOST_AUTO_TEST_CASE(intervals_cover_the_truth_in_95_percent_of_studies) {
    core::RandomStream stream({.seed = 2025});
    constexpr int studies = 300;
    int mean_covered = 0;
    int root_covered = 0;
    const double true_gain = 0.3;
    // Errors of deviation 1 and √(1 + 0.44) = 1.2, correlated: the gain in RMSE is 0.2.
    for (int i = 0; i < studies; ++i) {
        const auto seed = static_cast<std::uint64_t>(i);
        const Losses losses(200, true_gain, stream);
        Values squares(200);
        Values reference(200);
        for (std::size_t row = 0; row < squares.size(); ++row) {
            const double error = stream.normal();
            squares[row] = error * error;
            reference[row] = std::pow(error + std::sqrt(0.44) * stream.normal(), 2);
        }
        MeanGains gains(200, seed);
        gains.add(metric("mae"), {losses.ensemble}, {losses.reference}, 1);
        gains.add(metric("rmse"), {squares}, {reference}, 1);
        const auto found = of_some_replicates(gains);
        mean_covered += found[0].gain.ci95.holds(true_gain) ? 1 : 0;
        root_covered += found[1].gain.ci95.holds(0.2) ? 1 : 0;
    }
    BOOST_TEST_MESSAGE("coverage: " << mean_covered << " and " << root_covered << " of " << studies);
    for (const int covered : {mean_covered, root_covered}) {
        BOOST_TEST(covered > 0.90 * studies);
        BOOST_TEST(covered < 0.99 * studies);
    }
}

BOOST_AUTO_TEST_CASE(the_interval_is_that_of_the_normal_distribution_however_many_rows) {
    // Below the number of groups, at it, and above, where groups are not equally large. The gain is twice the deviation
    // of the differences, so that a replicate of more rows than there are would show.
    core::RandomStream stream({.seed = 7});
    for (const std::size_t rows : {std::size_t{3000}, ResampledColumns::most_groups,
                                   ResampledColumns::most_groups * 3 / 2, std::size_t{20'001}}) {
        Values ensemble(rows);
        Values reference(rows);
        double square = 0;
        for (std::size_t row = 0; row < rows; ++row) {
            ensemble[row] = 100 + 50 * stream.normal();
            const double difference = 2 + stream.normal();
            reference[row] = ensemble[row] + difference;
            square += (difference - 2) * (difference - 2);
        }
        const analysis::Interval found = gain("mae", ensemble, reference).gain.ci95;
        const double expected = 2 * 1.96 * std::sqrt(square) / static_cast<double>(rows);
        BOOST_TEST(std::abs(width(found) / expected - 1) < 0.12, rows << " rows: " << width(found) / expected);
        BOOST_TEST(found.holds(mean_of(reference) - mean_of(ensemble)));
    }
}

BOOST_AUTO_TEST_CASE(rows_in_an_order_of_their_own_are_grouped_at_random) {
    // Rows in order of difficulty: groups of neighbours would be far too different from each other.
    constexpr std::size_t rows = 4 * ResampledColumns::most_groups;
    Values ensemble(rows);
    Values reference(rows);
    for (std::size_t row = 0; row < rows; ++row) reference[row] = static_cast<double>(row) / rows;
    const double expected = 2 * 1.96 * std::sqrt(1.0 / 12 / rows);
    BOOST_TEST(std::abs(width(gain("mae", ensemble, reference).gain.ci95) / expected - 1) < 0.12);
}

BOOST_AUTO_TEST_CASE(the_seed_decides_every_bit) {
    core::RandomStream stream({.seed = 8});
    for (const std::size_t rows : {std::size_t{200}, 2 * ResampledColumns::most_groups}) {
        const Losses losses(rows, 0.1, stream);
        const auto interval = [&](std::uint64_t seed) {
            return gain("rmse", losses.ensemble, losses.reference, 2, seed).gain.ci95;
        };
        BOOST_TEST(interval(1).low == interval(1).low);
        BOOST_TEST(interval(1).high == interval(1).high);
        BOOST_TEST(interval(2).low != interval(1).low);
    }
}

BOOST_AUTO_TEST_CASE(a_question_does_not_change_the_answer_to_another) {
    core::RandomStream stream({.seed = 9});
    const Losses one(150, 0.1, stream);
    const Losses two(150, 0.3, stream);
    MeanGains gains(150, 1);
    gains.add(metric("rmse"), {two.ensemble}, {two.reference}, 1);
    gains.add(metric("mae"), {one.ensemble}, {one.reference}, 1);
    const PairedGain together = of_some_replicates(gains)[1];
    const PairedGain alone = gain("mae", one.ensemble, one.reference);
    BOOST_TEST(together.gain.ci95.low == alone.gain.ci95.low);
    BOOST_TEST(together.gain.ci95.high == alone.gain.ci95.high);
    BOOST_TEST(MeanGains(150, 1).all().empty());
}

BOOST_AUTO_TEST_CASE(rows_that_are_not_finite_have_no_interval) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    Values ensemble(40, 1.0);
    Values reference(40, 2.0);
    ensemble[7] = infinite;
    reference[9] = infinite;
    const PairedGain found = gain("nll", ensemble, reference);
    BOOST_TEST(std::isnan(found.gain.value));
    BOOST_TEST(std::isnan(found.gain.ci95.low));
    BOOST_TEST(std::isnan(found.gain.ci95.high));
    BOOST_TEST(std::isnan(found.p_value));
}

BOOST_AUTO_TEST_CASE(what_has_no_mean_over_rows_is_refused) {
    const Values losses{1, 2};
    MeanGains gains(2, 1);
    BOOST_CHECK_THROW(gains.add(metric("r2"), {losses}, {losses}, 1), core::ContractViolation);
    BOOST_CHECK_THROW(gains.add(metric("mae"), {losses, losses}, {losses}, 1), core::ContractViolation);
    BOOST_CHECK_THROW(gains.add(metric("mae"), {losses}, {losses}, 0), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
