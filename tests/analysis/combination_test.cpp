#include "analysis/combination.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/simulated.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(combination_tests)

using analysis::Combined;
using task::Kind;
using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;

namespace {

const auto as_float = boost::test_tools::tolerance(1e-6);

Combined combine(std::string_view name, const Simulated& simulated) {
    const Floats all = simulated.predictions();
    for (const analysis::Combination& combination : analysis::combinations()) {
        if (combination.name == name && combination.kind == simulated.task.kind)
            return combination.apply(simulated.block(all), {});
    }
    BOOST_FAIL("no combination " << name);
    return {};
}

Labels votes(const Simulated& simulated) {
    const Floats all = simulated.predictions();
    return analysis::combinations_of(task::Kind::classification)[1]->apply(simulated.block(all), {}).votes;
}

/// So many classes; each member gives as many whole rows of probabilities.
Simulated classes(std::size_t count, std::vector<Floats> members) {
    const std::size_t rows = members.empty() ? 1 : members.front().size() / count;
    return {.task = task::standard_task(Kind::classification),
            .targets = count,
            .rows = rows,
            .members = std::move(members),
            .labels = Labels(rows)};
}

/// One row, as many members as lists are given.
Simulated single_row(const std::vector<Floats>& members) {
    return classes(members.front().size(), members);
}

/// One target; each member gives as many pairs of mean and variance.
Simulated moments(std::vector<Floats> members) {
    const std::size_t rows = members.empty() ? 1 : members.front().size() / 2;
    return {.task = task::standard_task(Kind::regression),
            .rows = rows,
            .members = std::move(members),
            .numbers = Floats(rows)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_members_by_hand) {
    const Simulated two = classes(2, {{0.75F, 0.25F, 0.5F, 0.5F}, {0.25F, 0.75F, 0.125F, 0.875F}});
    const Combined average = combine("average", two);
    BOOST_TEST((average.predictions == Floats{0.5F, 0.5F, 0.3125F, 0.6875F}));
    BOOST_TEST((average.chosen == Labels{0, 1}));
    BOOST_TEST((votes(two) == Labels{1, 1, 1, 1}));  // the first of two equal probabilities is voted for
    const Combined vote = combine("vote", two);
    BOOST_TEST((vote.predictions == Floats{0.5F, 0.5F, 0.5F, 0.5F}));
    BOOST_TEST((vote.chosen == Labels{0, 1}));
}

BOOST_AUTO_TEST_CASE(tied_votes_go_to_the_larger_summed_probability) {
    const Simulated two = single_row({{0.6F, 0.4F, 0.0F}, {0.1F, 0.9F, 0.0F}});
    BOOST_TEST((votes(two) == Labels{1, 1, 0}));
    BOOST_TEST((combine("vote", two).chosen == Labels{1}));
}

BOOST_AUTO_TEST_CASE(most_votes_win_over_any_probability) {
    const Simulated three = single_row({{0.51F, 0.49F}, {0.51F, 0.49F}, {0.0F, 1.0F}});
    BOOST_TEST((combine("vote", three).chosen == Labels{0}));
    BOOST_TEST((combine("average", three).chosen == Labels{1}));
    BOOST_TEST((combine("vote", three).predictions == Floats{2.0F / 3, 1.0F / 3}));
}

BOOST_AUTO_TEST_CASE(a_class_without_votes_never_wins_a_tie) {
    // Class 2 has the largest sum, but only classes 0 and 1 have votes.
    const Simulated two = single_row({{0.5F, 0.0F, 0.49F}, {0.0F, 0.5F, 0.49F}});
    BOOST_TEST((combine("vote", two).chosen == Labels{0}));
    BOOST_TEST((combine("average", two).chosen == Labels{2}));
}

BOOST_AUTO_TEST_CASE(ties_all_the_way_go_to_the_lower_class) {
    const Simulated two = single_row({{0.0F, 0.75F, 0.25F}, {0.0F, 0.25F, 0.75F}});
    BOOST_TEST((combine("vote", two).chosen == Labels{1}));
    BOOST_TEST((combine("average", two).chosen == Labels{1}));
}

BOOST_AUTO_TEST_CASE(any_order_of_members_gives_the_same_bits) {
    Simulated simulated = simulated_classes(9, 40, 7);
    const Combined average = combine("average", simulated);
    const Combined vote = combine("vote", simulated);
    const Labels counts = votes(simulated);
    const std::vector<Floats> members = simulated.members;
    std::vector<std::uint32_t> order(members.size());
    std::iota(order.begin(), order.end(), 0U);
    core::RandomStream stream({.seed = 5});
    for (int trial = 0; trial < 50; ++trial) {
        stream.shuffle(order);
        for (std::size_t i = 0; i < order.size(); ++i) simulated.members[i] = members[order[i]];
        const Combined again = combine("average", simulated);
        BOOST_TEST_REQUIRE((again.predictions == average.predictions));
        BOOST_TEST_REQUIRE((again.chosen == average.chosen));
        BOOST_TEST_REQUIRE((combine("vote", simulated).predictions == vote.predictions));
        BOOST_TEST_REQUIRE((combine("vote", simulated).chosen == vote.chosen));
        BOOST_TEST_REQUIRE((votes(simulated) == counts));
    }
}

BOOST_AUTO_TEST_CASE(an_average_is_the_exact_sum_of_units_rounded_once) {
    // Eleven members, so that the mean is no float and the order of a sum of floats would show.
    const Simulated simulated = simulated_classes(11, 60, 5);
    const Floats mean = combine("average", simulated).predictions;
    for (std::size_t i = 0; i < mean.size(); ++i) {
        long long sum = 0;
        for (const Floats& member : simulated.members) sum += std::llround(std::ldexp(double{member[i]}, 40));
        BOOST_TEST_REQUIRE(mean[i] == static_cast<float>(std::ldexp(static_cast<double>(sum), -40) / 11));
    }
}

BOOST_AUTO_TEST_CASE(units_are_rounded_to_nearest_for_every_exponent) {
    core::RandomStream stream({.seed = 6});
    Floats values{0.0F,
                  1.0F,
                  0x1p-41F,
                  std::nextafter(0x1p-41F, 0.0F),
                  0x1.8p-40F,
                  std::numeric_limits<float>::min(),
                  std::numeric_limits<float>::denorm_min(),
                  std::nextafter(1.0F, 0.0F)};
    for (int exponent = -60; exponent <= 0; ++exponent) {
        for (int i = 0; i < 200; ++i) {
            values.push_back(std::ldexp(static_cast<float>(stream.uniform(0.5, 1.0)), exponent));
        }
    }
    const Floats mean = combine("average", single_row({values})).predictions;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const long long units = std::llround(std::ldexp(double{values[i]}, 40));
        BOOST_TEST_REQUIRE(std::ldexp(double{mean[i]}, 40) == static_cast<double>(units), "probability " << values[i]);
    }
}

BOOST_AUTO_TEST_CASE(one_member_is_its_own_average) {
    const Simulated one = simulated_classes(1, 30, 10);
    const Floats mean = combine("average", one).predictions;
    const Floats& member = one.members.front();
    for (std::size_t i = 0; i < mean.size(); ++i) {
        BOOST_TEST(std::abs(mean[i] - member[i]) <= 0x1p-41F);
        if (member[i] > 0x1p-17F) BOOST_TEST(mean[i] == member[i]);  // whole units: nothing is lost
    }
}

BOOST_AUTO_TEST_CASE(four_million_members_fit) {
    constexpr std::size_t members = 1 << 22;
    const task::Task& task = task::standard_task(Kind::classification);
    const Floats all(members, 1.0F);
    const analysis::Block block{
        .task = task, .targets = 1, .members = members, .rows = 1, .predictions = all, .truth = {}};
    for (const analysis::Combination* combination : analysis::combinations_of(Kind::classification))
        BOOST_TEST((combination->apply(block, {}).predictions == Floats{1.0F}));
    BOOST_TEST((analysis::combinations_of(task::Kind::classification)[1]->apply(block, {}).votes == Labels{members}));
}

BOOST_AUTO_TEST_CASE(what_is_no_probability_is_refused) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const float bad : {nan, -0.1F, 1.1F, std::numeric_limits<float>::infinity()}) {
        for (const char* name : {"average", "vote", "geometric"}) {
            const Simulated two = single_row({{0.5F, 0.5F}, {0.5F, bad}});
            BOOST_CHECK_THROW(static_cast<void>(combine(name, two)), core::ContractViolation);
        }
    }
}

BOOST_AUTO_TEST_CASE(nobody_cannot_be_combined) {
    BOOST_CHECK_THROW(static_cast<void>(combine("average", classes(2, {}))), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(combine("vote", classes(2, {}))), core::ContractViolation);
    for (const char* name : {"mixture", "median", "trimmed"})
        BOOST_CHECK_THROW(static_cast<void>(combine(name, moments({}))), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(a_mixture_by_hand) {
    // Means 1 and 3, variances 0.5 and 1.5: mean 2, variance 1 + 1.
    const Combined combined = combine("mixture", moments({{1.0F, 0.5F, -4.0F, 0.25F}, {3.0F, 1.5F, -4.0F, 0.75F}}));
    BOOST_TEST((combined.predictions == Floats{2.0F, 2.0F, -4.0F, 0.5F}));
    BOOST_TEST(combined.chosen.empty());
}

BOOST_AUTO_TEST_CASE(a_mixture_has_the_moments_of_draws_from_a_member_at_random) {
    // E[y] and E[y²] − E[y]² by the second moments variance + mean² of the members.
    const Simulated simulated = simulated_numbers(7, 50, 2);
    const Floats combined = combine("mixture", simulated).predictions;
    for (std::size_t i = 0; i < combined.size(); i += 2) {
        long double first = 0;
        long double second = 0;
        for (const Floats& member : simulated.members) {
            first += static_cast<long double>(member[i]) / 7;
            second += (static_cast<long double>(member[i]) * member[i] + member[i + 1]) / 7;
        }
        BOOST_TEST(double{combined[i]} == static_cast<double>(first), as_float);
        BOOST_TEST(double{combined[i + 1]} == static_cast<double>(second - first * first), as_float);
    }
}

BOOST_AUTO_TEST_CASE(a_mixture_of_one_is_that_one_and_of_equal_ones_too) {
    const Simulated one = simulated_numbers(1, 20, 2);
    BOOST_TEST((combine("mixture", one).predictions == one.members.front()));
    const Floats member{0.1F, 0.2F, 1e6F, 1e-6F};
    BOOST_TEST((combine("mixture", moments({member, member, member, member})).predictions == member));
}

BOOST_AUTO_TEST_CASE(the_variance_of_a_mixture_outlives_means_far_from_zero) {
    // By second moments nothing would be left of it.
    const Combined combined = combine("mixture", moments({{1e7F, 0.25F}, {1e7F + 2, 0.25F}}));
    BOOST_TEST((combined.predictions == Floats{1e7F + 1, 1.25F}));
}

BOOST_AUTO_TEST_CASE(what_are_no_moments_is_refused) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinite = std::numeric_limits<float>::infinity();
    for (const Floats& bad :
         {Floats{nan, 1}, Floats{1, nan}, Floats{infinite, 1}, Floats{1, infinite}, Floats{1, -1}}) {
        BOOST_CHECK_THROW(static_cast<void>(combine("mixture", moments({{1, 1}, bad}))), core::ContractViolation);
    }
}

BOOST_AUTO_TEST_CASE(a_geometric_mean_by_hand_and_of_certain_members) {
    // √(0.8 · 0.2) against √(0.2 · 0.8): equal; √(0.9 · 0.4) = 0.6 against √(0.1 · 0.6) = 0.2449….
    const Floats even = combine("geometric", single_row({{0.8F, 0.2F}, {0.2F, 0.8F}})).predictions;
    BOOST_TEST(even[0] == 0.5F, as_float);
    const Floats odd = combine("geometric", single_row({{0.9F, 0.1F}, {0.4F, 0.6F}})).predictions;
    BOOST_TEST(double{odd[0]} == 0.6 / (0.6 + std::sqrt(0.06)), as_float);
    // A member that is certain of one class does not silence the others for ever.
    const Combined certain = combine("geometric", single_row({{1.0F, 0.0F}, {0.0F, 1.0F}}));
    BOOST_TEST((certain.predictions == Floats{0.5F, 0.5F}));
    BOOST_TEST((certain.chosen == Labels{0}));
}

BOOST_AUTO_TEST_CASE(a_median_and_a_trimmed_mixture_by_hand) {
    // Means 1, 2, 9: the median is 2; the mean of 1 + (1, 0, 49) is 53 / 3.
    const Floats odd = combine("median", moments({{9, 1}, {1, 1}, {2, 1}})).predictions;
    BOOST_TEST(odd[0] == 2.0F);
    BOOST_TEST(double{odd[1]} == 53.0 / 3, as_float);
    BOOST_TEST(combine("median", moments({{1, 1}, {4, 1}})).predictions[0] == 2.5F);
    // Of five the lowest and the highest mean go, with their variances.
    const Floats trimmed = combine("trimmed", moments({{100, 900}, {1, 1}, {3, 2}, {-50, 700}, {2, 3}})).predictions;
    BOOST_TEST(trimmed[0] == 2.0F);
    BOOST_TEST(double{trimmed[1]} == 2.0 + 2.0 / 3, as_float);
    // Of four none goes.
    const Simulated four = moments({{1, 1}, {2, 1}, {3, 1}, {10, 1}});
    BOOST_TEST((combine("trimmed", four).predictions == combine("mixture", four).predictions));
}

BOOST_AUTO_TEST_CASE(weights_that_are_equal_combine_as_none_do) {
    const auto nearly_equal = [](const Floats& one, const Floats& other) {
        BOOST_TEST_REQUIRE(one.size() == other.size());
        for (std::size_t i = 0; i < one.size(); ++i) BOOST_TEST(one[i] == other[i], as_float);
    };
    const Simulated classes = simulated_classes(4, 20, 3);
    const Simulated numbers = simulated_numbers(4, 20, 2);
    const std::vector<double> equal(4, 0.25);
    const std::vector<double> second{0, 1, 0, 0};
    for (const analysis::Combination& each : analysis::combinations()) {
        if (each.fit == nullptr) continue;
        const Simulated& simulated = each.kind == Kind::classification ? classes : numbers;
        const Floats all = simulated.predictions();
        nearly_equal(each.apply(simulated.block(all), equal).predictions,
                     each.apply(simulated.block(all), {}).predictions);
        nearly_equal(each.apply(simulated.block(all), second).predictions, simulated.members[1]);
        BOOST_CHECK_THROW(static_cast<void>(each.apply(simulated.block(all), std::span(equal).first(3))),
                          core::ContractViolation);
    }
}

BOOST_AUTO_TEST_CASE(every_kind_of_task_has_combinations_of_different_names) {
    for (const Kind kind : {Kind::classification, Kind::regression}) {
        const auto all = analysis::combinations_of(kind);
        BOOST_TEST_REQUIRE(!all.empty());
        BOOST_TEST(analysis::find_combination(kind, "") == 0U);
        for (std::size_t place = 0; place < all.size(); ++place) {
            BOOST_TEST((all[place]->kind == kind));
            BOOST_TEST(analysis::find_combination(kind, all[place]->name) == place);
            BOOST_TEST(!all[place]->text.empty());
        }
        BOOST_TEST(analysis::find_combination(kind, "nonsense") == all.size());
    }
    BOOST_TEST(analysis::find_combination(Kind::regression, "vote") ==
               analysis::combinations_of(Kind::regression).size());
}

BOOST_AUTO_TEST_SUITE_END()
