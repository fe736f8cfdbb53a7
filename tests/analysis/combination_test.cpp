#include "analysis/combination.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(combination_tests)

using analysis::Contribution;
using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;
using Counts = std::vector<std::int64_t>;

namespace {

Counts list(std::span<const std::int64_t> values) {
    return {values.begin(), values.end()};
}

/// One item, as many members as rows are given.
Contribution single_item(const std::vector<Floats>& members) {
    Contribution total(1, members.front().size());
    for (const Floats& row : members) total.add_member(row, Labels{0}, false);
    return total;
}

std::vector<Floats> random_members(std::size_t members, std::size_t items, std::size_t classes) {
    core::RandomStream stream({.seed = 77});
    std::vector<Floats> all(members, Floats(items * classes));
    for (Floats& member : all) {
        for (std::size_t item = 0; item < items; ++item) {
            double sum = 0;
            std::vector<double> row(classes);
            for (double& p : row) sum += p = std::exp(3 * stream.normal());
            for (std::size_t c = 0; c < classes; ++c) member[item * classes + c] = static_cast<float>(row[c] / sum);
        }
    }
    return all;
}

void add(Contribution& total, const Contribution& part) {
    std::ranges::transform(total.counters(), part.counters(), total.counters().begin(), std::plus<>());
}

}  // namespace

BOOST_AUTO_TEST_CASE(two_members_by_hand) {
    Contribution total(2, 2);
    const Labels labels{0, 1};
    total.add_member(Floats{0.75F, 0.25F, 0.5F, 0.5F}, labels, true);
    total.add_member(Floats{0.25F, 0.75F, 0.125F, 0.875F}, labels, false);
    BOOST_TEST(total.members() == 2);
    BOOST_TEST((analysis::average(total) == Floats{0.5F, 0.5F, 0.3125F, 0.6875F}));
    BOOST_TEST((list(total.votes()) == Counts{1, 1, 1, 1}));  // the first of two equal probabilities is voted for
    BOOST_TEST((list(total.member_hits()) == Counts{1, 1}));
    BOOST_TEST((list(total.best_hits()) == Counts{1, 0}));
    BOOST_TEST((analysis::vote_shares(total) == Floats{0.5F, 0.5F, 0.5F, 0.5F}));
    BOOST_TEST((analysis::vote(total) == Labels{0, 1}));
}

BOOST_AUTO_TEST_CASE(tied_votes_go_to_the_larger_summed_probability) {
    const Contribution total = single_item({{0.6F, 0.4F, 0.0F}, {0.1F, 0.9F, 0.0F}});
    BOOST_TEST((list(total.votes()) == Counts{1, 1, 0}));
    BOOST_TEST((analysis::vote(total) == Labels{1}));
}

BOOST_AUTO_TEST_CASE(most_votes_win_over_any_probability) {
    const Contribution total = single_item({{0.51F, 0.49F}, {0.51F, 0.49F}, {0.0F, 1.0F}});
    BOOST_TEST((analysis::vote(total) == Labels{0}));
    BOOST_TEST(analysis::average(total)[1] > analysis::average(total)[0]);
}

BOOST_AUTO_TEST_CASE(a_class_without_votes_never_wins_a_tie) {
    // Class 2 has the largest sum, but only classes 0 and 1 have votes.
    const Contribution total = single_item({{0.5F, 0.0F, 0.49F}, {0.0F, 0.5F, 0.49F}});
    BOOST_TEST((analysis::vote(total) == Labels{0}));
}

BOOST_AUTO_TEST_CASE(ties_all_the_way_go_to_the_lower_class) {
    const Contribution total = single_item({{0.0F, 0.75F, 0.25F}, {0.0F, 0.25F, 0.75F}});
    BOOST_TEST((analysis::vote(total) == Labels{1}));
}

BOOST_AUTO_TEST_CASE(any_order_and_any_grouping_give_the_same_bits) {
    constexpr std::size_t members = 9;
    constexpr std::size_t items = 40;
    constexpr std::size_t classes = 7;
    const std::vector<Floats> all = random_members(members, items, classes);
    Labels labels(items);
    for (std::size_t i = 0; i < items; ++i) labels[i] = static_cast<std::int32_t>(i % classes);

    Contribution reference(items, classes);
    for (std::size_t m = 0; m < members; ++m) reference.add_member(all[m], labels, m == 4);

    core::RandomStream stream({.seed = 5});
    std::vector<std::uint32_t> order(members);
    std::iota(order.begin(), order.end(), 0U);
    for (int trial = 0; trial < 50; ++trial) {
        stream.shuffle(order);
        // Members land on a random number of ranks, whose contributions are added pairwise from the far end.
        std::vector<Contribution> ranks(1 + stream.below(6), Contribution(items, classes));
        for (const std::uint32_t m : order) {
            ranks[stream.below(static_cast<std::uint32_t>(ranks.size()))].add_member(all[m], labels, m == 4);
        }
        while (ranks.size() > 1) {
            const Contribution part = ranks.back();
            ranks.pop_back();
            add(ranks[stream.below(static_cast<std::uint32_t>(ranks.size()))], part);
        }
        BOOST_TEST_REQUIRE((list(ranks[0].counters()) == list(reference.counters())));
        BOOST_TEST_REQUIRE((analysis::average(ranks[0]) == analysis::average(reference)));
        BOOST_TEST_REQUIRE((analysis::vote(ranks[0]) == analysis::vote(reference)));
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
    Contribution total(1, values.size());
    total.add_member(values, Labels{0}, false);
    for (std::size_t i = 0; i < values.size(); ++i) {
        BOOST_TEST_REQUIRE(total.probability_sums()[i] == std::llround(std::ldexp(static_cast<double>(values[i]), 40)),
                           "probability " << values[i]);
    }
}

BOOST_AUTO_TEST_CASE(one_member_is_its_own_average) {
    const std::vector<Floats> member = random_members(1, 30, 10);
    Contribution total(30, 10);
    total.add_member(member[0], Labels(30, 0), false);
    const Floats mean = analysis::average(total);
    for (std::size_t i = 0; i < mean.size(); ++i) {
        BOOST_TEST(std::abs(mean[i] - member[0][i]) <= 0x1p-41F);
        if (member[0][i] > 0x1p-17F) BOOST_TEST(mean[i] == member[0][i]);  // whole units: nothing is lost
    }
}

BOOST_AUTO_TEST_CASE(four_million_members_fit) {
    Contribution total(1, 2);
    total.add_member(Floats{1.0F, 0.0F}, Labels{0}, false);
    for (int doubling = 0; doubling < 22; ++doubling) add(total, Contribution(total));
    BOOST_TEST(total.members() == 1 << 22);
    BOOST_TEST((analysis::average(total) == Floats{1.0F, 0.0F}));
}

BOOST_AUTO_TEST_CASE(what_is_no_probability_is_refused_and_leaves_the_sums_alone) {
    Contribution total = single_item({{0.5F, 0.5F}});
    const Counts before = list(total.counters());
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (const float bad : {nan, -0.1F, 1.1F, std::numeric_limits<float>::infinity()}) {
        BOOST_CHECK_THROW(total.add_member(Floats{0.5F, bad}, Labels{0}, false), core::ContractViolation);
    }
    BOOST_CHECK_THROW(total.add_member(Floats{0.5F}, Labels{0}, false), core::ContractViolation);
    BOOST_CHECK_THROW(total.add_member(Floats{0.5F, 0.5F}, Labels{0, 0}, false), core::ContractViolation);
    BOOST_TEST((list(total.counters()) == before));
}

BOOST_AUTO_TEST_CASE(nobody_cannot_be_combined) {
    const Contribution nobody(3, 2);
    BOOST_CHECK_THROW(static_cast<void>(analysis::average(nobody)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(analysis::vote(nobody)), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(analysis::vote_shares(nobody)), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
