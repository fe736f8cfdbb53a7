#include "analysis/marginal_gain.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/smaller_ensembles.hpp"
#include "core/random.hpp"
#include "simulated.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(marginal_gain_tests)

using namespace analysis;

namespace {

MarginalGains gains_of(const Simulated& all, std::size_t members, std::size_t round = 1) {
    MarginalGains gains(all.task, all.targets, all.truth(), all.rows);
    for (std::size_t member = 0; member < members; ++member) {
        gains.add(all.members[member]);
        if ((member + 1) % round == 0) gains.end_round();
    }
    return gains;
}

/// Two classes; a member is told apart by what it makes of `features` directions in which rows lie, and by chance.
Simulated drawn_members(core::RandomStream& random, std::size_t members, std::size_t rows, std::size_t features) {
    Simulated all{.task = task::standard_task(task::Kind::classification), .targets = 2, .rows = rows, .members = {}};
    std::vector<double> places(rows * features);
    for (double& place : places) place = random.normal();
    std::vector<double> centres(rows);
    for (double& centre : centres) {
        centre = 1.5 * random.normal();
        all.labels.push_back(random.uniform(0, 1) < 1 / (1 + std::exp(-centre)) ? 1 : 0);
    }
    for (std::size_t member = 0; member < members; ++member) {
        std::vector<double> weights(features);
        for (double& weight : weights) weight = random.normal() / std::sqrt(static_cast<double>(features));
        std::vector<float>& own = all.members.emplace_back();
        for (std::size_t row = 0; row < rows; ++row) {
            double logit = centres[row] + 0.5 * random.normal();
            for (std::size_t i = 0; i < features; ++i) logit += weights[i] * places[row * features + i];
            const double one = 1 / (1 + std::exp(-logit));
            own.push_back(static_cast<float>(1 - one));
            own.push_back(static_cast<float>(one));
        }
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(of_classes_the_mean_loss_without_a_member_less_that_of_all) {
    const std::size_t members = 6;
    const Simulated all = simulated_classes(members, 40, 3);
    const auto predictions = all.predictions();
    const ReducedEnsemble reduced(all.block(predictions));
    GrowingEnsemble whole(all.task.kind, all.rows * all.width());
    for (const auto& member : all.members) whole.add(member);
    const auto loss = [&](std::span<const float> p) {
        double sum = 0;
        for (std::size_t row = 0; row < all.rows; ++row)
            sum -= std::log(double{p[row * 3 + static_cast<std::size_t>(all.labels[row])]});
        return sum / static_cast<double>(all.rows);
    };
    std::vector<float> one(all.rows * all.width());
    whole.predict(one);
    double expected = -loss(one);
    for (std::size_t member = 0; member < members; ++member) {
        reduced.predict_without(member, one);
        expected += loss(one) / static_cast<double>(members);
    }
    const auto last = gains_of(all, members).last();
    BOOST_TEST_REQUIRE(last.has_value());
    BOOST_TEST(last->added == expected, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(last->bound > last->added);
    BOOST_TEST(MarginalGains::metric_of(all.task) == "nll");
}

BOOST_AUTO_TEST_CASE(of_numbers_by_hand) {
    // tests/analysis/references.py marginal_gain
    Simulated all{.task = task::standard_task(task::Kind::regression), .rows = 3, .members = {}};
    all.numbers = {1, 2, 3};
    all.members = {{1.5, 1, 2, 1, 4, 1}, {0.5, 1, 3, 1, 3, 1}, {1, 1, 2.5, 1, 3.5, 1}, {2, 1, 1, 1, 2.5, 1}};
    const auto last = gains_of(all, 4).last();
    BOOST_TEST_REQUIRE(last.has_value());
    BOOST_TEST(last->added == 0.10023442173431003, boost::test_tools::tolerance(1e-12));
    BOOST_TEST(last->bound == 0.25542542162620469, boost::test_tools::tolerance(1e-8));
    BOOST_TEST(MarginalGains::metric_of(all.task) == "rmse");
}

BOOST_AUTO_TEST_CASE(gains_are_below_the_bound_as_often_as_promised) {
    // Of the last member, and the more so of the next. Estimates have no bias, so that their means are the truth.
    core::RandomStream random({.seed = 12});
    constexpr std::size_t runs = 400;
    for (const std::size_t members : {4, 10}) {
        std::vector<MarginalGain> seen;
        double of_last = 0;
        double of_next = 0;
        for (std::size_t run = 0; run < runs; ++run) {
            const Simulated all = drawn_members(random, members + 1, 150, 5);
            seen.push_back(gains_of(all, members).last().value());
            of_last += seen.back().added / runs;
            of_next += gains_of(all, members + 1).last()->added / runs;
        }
        const auto share = [&](double gain, double MarginalGain::*limit) {
            const auto below = std::ranges::count_if(seen, [&](const auto& last) { return last.*limit >= gain; });
            return static_cast<double>(below) / runs;
        };
        BOOST_TEST(share(of_next, &MarginalGain::bound) > 0.98, members << " members");
        BOOST_TEST(share(of_last, &MarginalGain::bound) > 0.9, share(of_last, &MarginalGain::bound));
        BOOST_TEST(share(of_last, &MarginalGain::added) < 0.7);
    }
}

BOOST_AUTO_TEST_CASE(rounds_count_as_one_and_those_without_members_as_none) {
    const Simulated all = simulated_numbers(8, 30, 2);
    MarginalGains gains = gains_of(all, 6, 2);
    BOOST_TEST(!gains.last().has_value());
    gains.end_round();
    BOOST_TEST(!gains.last().has_value());
    gains.add(all.members[6]);
    gains.add(all.members[7]);
    BOOST_TEST(!gains.last().has_value());
    gains.end_round();
    const auto last = gains.last();
    BOOST_TEST_REQUIRE(last.has_value());

    // As if each round were a member that predicts the mean of both.
    Simulated halved{.task = all.task, .targets = 2, .rows = all.rows, .members = {}, .numbers = all.numbers};
    for (std::size_t round = 0; round < 4; ++round) {
        std::vector<float>& mean = halved.members.emplace_back(all.members[2 * round]);
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = 0.5F * (mean[i] + all.members[2 * round + 1][i]);
    }
    const auto expected = gains_of(halved, 4).last();
    BOOST_TEST(last->added == expected->added, boost::test_tools::tolerance(1e-5));
    BOOST_TEST(last->bound == expected->bound, boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(members_that_are_all_the_same_add_nothing) {
    Simulated all = simulated_classes(4, 10, 2);
    for (auto& member : all.members) member = all.members[0];
    const auto last = gains_of(all, 4).last();
    BOOST_TEST_REQUIRE(last.has_value());
    BOOST_TEST(last->bound < 1e-12);
}

BOOST_AUTO_TEST_CASE(what_was_seen_in_words) {
    StopResult result{.metric = "nll", .asked = 0.001, .planned = 12, .members = 5, .last = {0.0004, 0.00081}};
    BOOST_TEST(text_of(result) ==
               "With 5 members, one more member adds at most 0.00081 to the NLL (95 % confidence), less than 0.001");
    result.round = 3;
    result.last.bound = 0.2;
    BOOST_TEST(text_of(result) ==
               "With 5 members, one more round of 3 members adds at most 0.2 to the NLL (95 % "
               "confidence), which may be 0.001");
}

BOOST_AUTO_TEST_SUITE_END()
