#include "analysis/diversity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/sequence.hpp"
#include "analysis/simulated.hpp"
#include "analysis/simulated_run.hpp"
#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(diversity_tests)

using analysis::Committee;
using analysis::DiversityResult;
using analysis::MemberSums;
using analysis::Subsets;
using Floats = std::vector<float>;
using boost::test_tools::tolerance;

namespace {

Committee committee_of(std::size_t members, std::uint32_t best = 0, std::uint32_t second = 0) {
    Committee committee{.members = std::vector<std::uint32_t>(members), .best = best, .second = second};
    std::iota(committee.members.begin(), committee.members.end(), 0U);
    return committee;
}

DiversityResult diversity(const Simulated& all, std::uint32_t best = 0, std::uint32_t second = 0) {
    const Floats predictions = all.predictions();
    const Subsets subsets = analysis::subsets_of(all.members.size(), 1);
    const MemberSums sums = analysis::member_sums(all.block(predictions), subsets, best, second);
    return analysis::diversity_of(all.task, all.targets, subsets, committee_of(all.members.size(), best, second), sums);
}

/// Some of the members.
Simulated those(const Simulated& all, const std::vector<std::uint32_t>& places) {
    Simulated some = {.task = all.task,
                      .targets = all.targets,
                      .rows = all.rows,
                      .members = {},
                      .labels = all.labels,
                      .numbers = all.numbers};
    for (const std::uint32_t place : places) some.members.push_back(all.members[place]);
    return some;
}

/// Everyone but one.
Simulated without(const Simulated& all, std::size_t member) {
    std::vector<std::uint32_t> places(all.members.size());
    std::iota(places.begin(), places.end(), 0U);
    places.erase(places.begin() + static_cast<std::ptrdiff_t>(member));
    return those(all, places);
}

/// The first combination's values in the metrics that are told by size.
std::vector<double> scores(const Simulated& all) {
    const Floats predictions = all.predictions();
    const analysis::Combined combined =
        analysis::combinations_of(all.task.kind).front()->apply(all.block(predictions), {});
    const task::Scores found = task::score(
        {.task = all.task, .targets = all.targets, .predictions = combined.predictions, .chosen = combined.chosen},
        all.truth());
    std::vector<double> some;
    for (const std::size_t metric : analysis::metrics_by_size(all.task)) some.push_back(found[metric]);
    return some;
}

void check_near(const std::vector<double>& found, const std::vector<double>& expected, double part = 1e-6) {
    BOOST_TEST_REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i)
        BOOST_TEST(std::abs(found[i] - expected[i]) <= part * (1 + std::abs(expected[i])),
                   found[i] << " is not " << expected[i]);
}

const analysis::PairMeasure& measure(const DiversityResult& result, std::string_view name) {
    return *std::ranges::find(result.pairs, name, &analysis::PairMeasure::name);
}

/// Above the diagonal, in the order of pair_place().
std::vector<double> pairs_of(const DiversityResult& result, std::string_view name) {
    const std::vector<double>& values = measure(result, name).values;
    const auto members = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(values.size()))));
    std::vector<double> pairs;
    for (std::size_t second = 1; second < members; ++second) {
        for (std::size_t first = 0; first < second; ++first) {
            const double value = values[first * members + second];
            BOOST_TEST((std::isnan(value) || value == values[second * members + first]));
            pairs.push_back(value);
        }
    }
    return pairs;
}

/// The data of references.py.
Simulated reference_classes() {
    Sequence sequence(21);
    Simulated all{.task = task::standard_task(task::Kind::classification), .targets = 3, .rows = 40, .members = {}};
    for (int member = 0; member < 4; ++member) all.members.push_back(sequence.probabilities(40, 3));
    all.labels = sequence.below(40, 3);
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(measures_of_pairs_are_those_of_scikit_learn) {
    // tests/analysis/references.py diversity
    const DiversityResult found = diversity(reference_classes());
    check_near(pairs_of(found, "disagreement"), {0.725, 0.6, 0.625, 0.775, 0.6, 0.625}, 1e-12);
    check_near(pairs_of(found, "kappa"), {-0.1328125, 0.11275415896487972, 0.078341013824884786, -0.17424242424242431,
                                          0.087452471482889593, 0.061913696060037493});
    check_near(pairs_of(found, "correlation"), {-0.17003759511206173, 0.16983672369508446, -0.056343616981901129,
                                                -0.19552948669513762, 0.10540925533894593, 0.022271770159368667});
    check_near(pairs_of(found, "q_statistic"), {-0.43307086614173235, 0.39393939393939392, -0.12820512820512822,
                                                -0.48484848484848492, 0.21739130434782611, 0.049382716049382734});
    const analysis::AmbiguitySplit losses = found.log_ambiguity.value();
    check_near({losses.mean_member, losses.diversity, losses.ensemble},
               {2.5382601564492209, 0.74918276028091813, 1.7890773961683024});
    check_near({found.ambiguity.mean_member, found.ambiguity.ensemble}, {0.98629849088571375, 0.77167864116397911});
}

BOOST_AUTO_TEST_CASE(what_the_ensemble_gains_is_diversity_to_the_last_digits) {
    for (const Simulated& all :
         {simulated_classes(5, 40, 3), simulated_numbers(4, 40, 1), simulated_numbers(3, 40, 2)}) {
        const DiversityResult found = diversity(all);
        const analysis::AmbiguitySplit& split = found.ambiguity;
        BOOST_TEST(split.diversity > 0);
        BOOST_TEST(split.mean_member - split.diversity == split.ensemble, tolerance(1e-12));
        if (!found.log_ambiguity) continue;
        const analysis::AmbiguitySplit& losses = *found.log_ambiguity;
        BOOST_TEST(losses.mean_member - losses.diversity == losses.ensemble, tolerance(1e-5));  // of floats
    }
}

BOOST_AUTO_TEST_CASE(errors_of_numbers_are_correlated_target_by_target) {
    Simulated all = simulated_numbers(3, 500, 2);
    const double apart = pairs_of(diversity(all), "correlation")[0];
    BOOST_TEST(std::abs(apart) < 0.15);
    // The second makes the first one's errors in one target, and its own in the other.
    for (std::size_t row = 0; row < all.rows; ++row) all.members[1][4 * row] = all.members[0][4 * row] + 3;
    BOOST_TEST(std::abs(pairs_of(diversity(all), "correlation")[0] - 0.5) < 0.1);
}

BOOST_AUTO_TEST_CASE(smaller_ensembles_are_what_the_combination_says_of_their_members) {
    for (const Simulated& all : {simulated_classes(6, 50, 3), simulated_numbers(6, 50, 2)}) {
        const Subsets subsets = analysis::subsets_of(6, 1);
        BOOST_TEST((subsets.sizes == std::vector<std::size_t>{2, 3, 4}));
        const DiversityResult found = diversity(all);
        BOOST_TEST_REQUIRE(found.by_size.size() == 6U);
        for (std::size_t i = 0; i < found.by_size.size(); ++i) BOOST_TEST(found.by_size[i].members == i + 1);
        check_near(found.by_size.back().mean, scores(all));
        for (std::size_t size = 0; size < subsets.sizes.size(); ++size) {
            std::vector<std::vector<double>> values(2);
            for (const std::vector<std::uint32_t>& order : subsets.orders) {
                const std::vector<double> own =
                    scores(those(all, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(size + 2)}));
                for (std::size_t place = 0; place < 2; ++place) values[place].push_back(own[place]);
            }
            for (std::size_t place = 0; place < 2; ++place) {
                std::ranges::sort(values[place]);
                const analysis::SizeResult& result = found.by_size[size + 1];
                const double mean = std::accumulate(values[place].begin(), values[place].end(), 0.0) /
                                    static_cast<double>(values[place].size());
                check_near({result.mean[place]}, {mean});
                // 64 values: the fifth and the ninety-fifth percentile lie between those that follow 3.15 and 59.85.
                const auto between = [&](std::size_t below, double part) {
                    return values[place][below] + part * (values[place][below + 1] - values[place][below]);
                };
                check_near({result.spread[place].low, result.spread[place].high},
                           {between(3, 0.15), between(59, 0.85)});
            }
        }
        for (std::size_t member = 0; member < 6; ++member)
            check_near(found.without[member], scores(without(all, member)), 1e-5);
        double mean = 0;
        for (std::uint32_t member = 0; member < 6; ++member) mean += scores(those(all, {member}))[1] / 6;
        check_near({found.by_size.front().mean[1]}, {mean});
    }
}

BOOST_AUTO_TEST_CASE(orders_are_of_all_members_and_not_the_same) {
    for (const std::size_t members : {1U, 2U, 9U, 64U, 1000U}) {
        const Subsets subsets = analysis::subsets_of(members, 7);
        std::set<std::vector<std::uint32_t>> different;
        for (std::vector<std::uint32_t> order : subsets.orders) {
            different.insert(order);
            std::ranges::sort(order);
            for (std::uint32_t place = 0; place < members; ++place) BOOST_TEST(order.at(place) == place);
            BOOST_TEST(order.size() == members);
        }
        if (members >= 9) BOOST_TEST(different.size() == subsets.orders.size());
        BOOST_TEST(subsets.sizes.size() < 40U);
        if (!subsets.sizes.empty()) BOOST_TEST(subsets.sizes.back() + 2 <= members);
    }
    BOOST_TEST((analysis::subsets_of(64, 1).sizes ==
                std::vector<std::size_t>{2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56}));
    BOOST_TEST((analysis::subsets_of(9, 1).orders != analysis::subsets_of(9, 2).orders));
}

/// The standard error of a gain by leaving members out, without what rows have in it, the long way.
double slow_variation(const Simulated& all, std::size_t place, bool over_mean, std::uint32_t best,
                      std::uint32_t second) {
    const std::size_t metric = analysis::metrics_by_size(all.task)[place];
    const auto row_values = [&](const Simulated& some) {
        const Floats predictions = some.predictions();
        const auto combined = analysis::combinations_of(all.task.kind).front()->apply(some.block(predictions), {});
        const task::Predicted predicted{
            .task = all.task, .targets = all.targets, .predictions = combined.predictions, .chosen = combined.chosen};
        std::vector<double> values;
        const task::Answers answers = predicted.answers(0, some.block(predictions).truth);
        for (std::size_t row = 0; row < all.rows; ++row)
            values.push_back(all.task.metrics()[metric].of_row(answers, row));
        return values;
    };
    const std::size_t members = all.members.size();
    std::vector<std::vector<double>> differences;  // [members][rows]
    for (std::uint32_t left_out = 0; left_out < members; ++left_out) {
        std::vector<double> own = row_values(without(all, left_out));
        for (std::uint32_t other = 0; other < members; ++other) {
            const bool counts = over_mean ? other != left_out : other == (left_out == best ? second : best);
            if (!counts) continue;
            const std::vector<double> theirs = row_values(those(all, {other}));
            for (std::size_t row = 0; row < all.rows; ++row)
                own[row] -= theirs[row] / (over_mean ? static_cast<double>(members - 1) : 1.0);
        }
        differences.push_back(own);
    }
    const auto count = static_cast<double>(members);
    const auto rows = static_cast<double>(all.rows);
    double variance = 0;
    std::vector<double> means;
    for (const auto& own : differences) means.push_back(std::accumulate(own.begin(), own.end(), 0.0) / rows);
    const double mean = std::accumulate(means.begin(), means.end(), 0.0) / count;
    for (std::size_t member = 0; member < members; ++member) {
        variance += (means[member] - mean) * (means[member] - mean);
        double spread = 0;
        for (std::size_t row = 0; row < all.rows; ++row) {
            double row_mean = 0;
            for (const auto& own : differences) row_mean += own[row] / count;
            const double deviation = (differences[member][row] - row_mean) - (means[member] - mean);
            spread += deviation * deviation;
        }
        variance -= spread / (rows - 1) / rows;
    }
    return std::sqrt(std::max(variance * (count - 1) / count, 0.0));
}

BOOST_AUTO_TEST_CASE(members_vary_as_the_jackknife_says) {
    // One member is much worse, so that the choice of members counts for more than that of rows.
    Simulated classes = simulated_classes(5, 400, 3);
    for (std::size_t member = 1; member < 5; ++member) {
        for (std::size_t row = 0; row < classes.rows; ++row) {
            const auto own = std::span(classes.members[member]).subspan(row * 3, 3);
            const auto label = static_cast<std::size_t>(classes.labels[row]);
            for (std::size_t c = 0; c < 3; ++c)
                own[c] = 0.4F * own[c] + (c == label ? 0.1F * static_cast<float>(member) : 0.0F) + 0.05F;
            const float sum = own[0] + own[1] + own[2];
            for (float& p : own) p /= sum;
        }
    }
    const DiversityResult found = diversity(classes, 4, 3);
    BOOST_TEST_REQUIRE(found.variation.size() == 2U);
    for (std::size_t place = 0; place < 2; ++place) {
        BOOST_TEST(found.variation[place].over_mean > 0);
        BOOST_TEST(found.variation[place].over_best > 0);
        check_near({found.variation[place].over_mean, found.variation[place].over_best},
                   {slow_variation(classes, place, true, 4, 3), slow_variation(classes, place, false, 4, 3)}, 1e-6);
    }
    BOOST_TEST(diversity(those(classes, {0, 1})).variation.empty());
}

BOOST_AUTO_TEST_CASE(an_interval_is_widened_by_the_root_of_squares) {
    const analysis::Interval rows{.low = -1, .high = 4};
    const analysis::Interval same = analysis::widened(2, rows, 0, 8);
    BOOST_TEST((same.low == -1 && same.high == 4));
    // Student's t of 7 degrees of freedom, 0.975: 2.364624251592785 (scipy.stats.t.ppf).
    const analysis::Interval wide = analysis::widened(2, rows, 1, 8);
    BOOST_TEST(wide.low == 2 - std::hypot(3, 2.364624251592785), tolerance(1e-12));
    BOOST_TEST(wide.high == 2 + std::hypot(2, 2.364624251592785), tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(twins_are_found_and_add_nothing) {
    Simulated all = simulated_classes(5, 60, 3);
    all.members[3] = all.members[1];
    all.members[4] = all.members[1];
    all.members[4][170] = std::nextafter(all.members[4][170], 1.0F);  // in one bit no twin
    const DiversityResult found = diversity(all);
    BOOST_TEST((found.twins == std::vector<std::pair<std::uint32_t, std::uint32_t>>{{1, 3}}));
    BOOST_TEST(measure(found, "disagreement").values[1 * 5 + 3] == 0.0);
    BOOST_TEST(measure(found, "kappa").values[1 * 5 + 3] == 1.0);
}

BOOST_AUTO_TEST_CASE(sums_of_blocks_are_those_of_all_rows) {
    for (const Simulated& all : {simulated_classes(4, 90, 3), simulated_numbers(4, 90, 2)}) {
        const Subsets subsets = analysis::subsets_of(4, 1);
        std::optional<MemberSums> sums;
        for (const auto& [first, count] : {std::pair(0UL, 7UL), {7, 60}, {67, 23}}) {
            const Floats predictions = all.predictions(first, count);
            const analysis::Block block = all.block(predictions, first, count);
            const auto bytes = to_bytes(analysis::member_sums(block, subsets, 1, 2));
            analysis::Block shape = block;
            shape.predictions = {};
            const MemberSums part = analysis::member_sums_from_bytes(shape, subsets, bytes);
            if (sums) {
                sums->add(part);
            } else {
                sums = part;
            }
            BOOST_CHECK_THROW(
                (void)analysis::member_sums_from_bytes(shape, subsets, std::span(bytes).first(bytes.size() - 1)),
                core::Error);
            shape.members = 5;
            BOOST_CHECK_THROW((void)analysis::member_sums_from_bytes(shape, subsets, bytes), core::Error);
        }
        const DiversityResult whole = diversity(all, 1, 2);
        const DiversityResult parts =
            analysis::diversity_of(all.task, all.targets, subsets, committee_of(4, 1, 2), sums.value());
        for (std::size_t i = 0; i < whole.by_size.size(); ++i)
            check_near(parts.by_size[i].mean, whole.by_size[i].mean, 1e-12);
        for (std::size_t i = 0; i < whole.pairs.size(); ++i)
            check_near(parts.pairs[i].values, whole.pairs[i].values, 1e-12);
        check_near({parts.ambiguity.diversity, parts.variation[1].over_best},
                   {whole.ambiguity.diversity, whole.variation[1].over_best}, 1e-9);
    }
}

BOOST_AUTO_TEST_CASE(degenerate_ensembles_are_defined) {
    const Simulated one = simulated_classes(1, 20, 3);
    const DiversityResult alone = diversity(one);
    BOOST_TEST_REQUIRE(alone.by_size.size() == 1U);
    check_near(alone.by_size[0].mean, scores(one));
    BOOST_TEST((alone.pairs.empty() && alone.without.empty() && alone.variation.empty() && alone.twins.empty()));
    BOOST_TEST(alone.ambiguity.diversity == 0.0);

    const DiversityResult two = diversity(simulated_numbers(2, 20, 1));
    BOOST_TEST(two.by_size.size() == 2U);
    BOOST_TEST(two.without.size() == 2U);

    Simulated equal = simulated_classes(4, 20, 3);
    for (Floats& member : equal.members) member = equal.members.front();
    const DiversityResult same = diversity(equal);
    BOOST_TEST(same.twins.size() == 3U);
    BOOST_TEST(std::abs(same.ambiguity.diversity) < 1e-12);
    BOOST_TEST(same.variation[0].over_best == 0.0);
    BOOST_TEST(same.variation[1].over_mean < 1e-6);

    // Nobody errs: right and wrong are constant, and no correlation is defined.
    Simulated right = simulated_classes(3, 20, 3);
    for (Floats& member : right.members) {
        for (std::size_t i = 0; i < member.size(); ++i)
            member[i] = i % 3 == static_cast<std::size_t>(right.labels[i / 3]) ? 1.0F : 0.0F;
    }
    const DiversityResult perfect = diversity(right);
    BOOST_TEST(std::isnan(pairs_of(perfect, "correlation")[0]));
    BOOST_TEST(std::isnan(pairs_of(perfect, "q_statistic")[0]));
    BOOST_TEST(pairs_of(perfect, "kappa")[0] == 1.0);
}

BOOST_AUTO_TEST_CASE(an_analysis_adds_the_sums_in_the_order_of_the_rows) {
    const SimulatedRun run({simulated_classes(4, 30, 2000), simulated_classes(4, 150, 2000)});
    const DiversityResult one = analysed(run, run.all()).diversity();
    const DiversityResult other = analysed(run, run.all(), 3).diversity();
    BOOST_TEST_REQUIRE(one.by_size.size() == 4U);
    for (std::size_t i = 0; i < 4; ++i) BOOST_TEST((one.by_size[i].mean == other.by_size[i].mean));
    BOOST_TEST(one.ambiguity.ensemble == other.ambiguity.ensemble);
    BOOST_TEST(one.variation[1].over_best == other.variation[1].over_best);
    check_near(one.by_size.back().mean, scores(run.sets[1]));
}

BOOST_AUTO_TEST_SUITE_END()
