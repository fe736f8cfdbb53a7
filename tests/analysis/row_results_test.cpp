#include "analysis/row_results.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/simulated.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(row_results_tests)

using analysis::RowResults;
using analysis::RowValues;
using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;

namespace {

RowResults analyse(const Simulated& simulated, std::size_t best = 0) {
    const Floats all = simulated.predictions();
    return analysis::analyse(simulated.block(all), best);
}

/// Of a metric and a question: the value of each row.
std::vector<double> line(const Simulated& simulated, const RowValues& values, std::string_view name,
                         std::size_t question = 0) {
    const auto places = analysis::mean_metrics(simulated.task);
    for (std::size_t place = 0; place < places.size(); ++place) {
        if (simulated.task.metrics()[places[place]].name != name) continue;
        const auto first = (place * simulated.task.questions(simulated.targets) + question) * simulated.rows;
        return {values.begin() + static_cast<std::ptrdiff_t>(first),
                values.begin() + static_cast<std::ptrdiff_t>(first + simulated.rows)};
    }
    BOOST_FAIL("no mean metric " << name);
    return {};
}

void check_equal(const RowResults& one, const RowResults& other) {
    BOOST_TEST(one.rows == other.rows);
    BOOST_TEST_REQUIRE(one.combined.size() == other.combined.size());
    for (std::size_t i = 0; i < one.combined.size(); ++i) {
        BOOST_TEST((one.combined[i].predictions == other.combined[i].predictions));
        BOOST_TEST((one.combined[i].chosen == other.combined[i].chosen));
        BOOST_TEST((one.combined_values[i] == other.combined_values[i]));
    }
    BOOST_TEST((one.votes == other.votes));
    BOOST_TEST((one.member_sums == other.member_sums));
    BOOST_TEST((one.best == other.best));
}

/// Blocks of so many rows each, the last one shorter, analysed by themselves and placed from the last to the first.
RowResults in_blocks(const Simulated& simulated, std::size_t size, std::size_t best) {
    RowResults all = analysis::room_for(simulated.task, simulated.targets, simulated.rows);
    const std::size_t blocks = (simulated.rows + size - 1) / size;
    for (std::size_t block = blocks; block-- > 0;) {
        const std::size_t first = block * size;
        const std::size_t count = std::min(size, simulated.rows - first);
        const Floats predictions = simulated.predictions(first, count);
        all.place(first, analysis::analyse(simulated.block(predictions, first, count), best));
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(blocks_of_any_size_give_the_same_bits_as_all_rows_at_once) {
    for (const Simulated& simulated :
         {simulated_classes(5, 23, 3), simulated_numbers(4, 23, 1), simulated_numbers(3, 23, 3)}) {
        const RowResults whole = analyse(simulated, 2);
        for (const std::size_t size : {1U, 2U, 7U, 22U, 23U}) check_equal(in_blocks(simulated, size, 2), whole);
    }
}

BOOST_AUTO_TEST_CASE(hits_are_counted_exactly) {
    const Simulated simulated = simulated_classes(9, 60, 4);
    const RowResults results = analyse(simulated, 4);
    const auto hits = line(simulated, results.member_sums, "accuracy");
    const auto best_hits = line(simulated, results.best, "accuracy");
    std::vector<double> expected(60);
    std::vector<double> expected_best(60);
    Labels votes(60 * 4);
    for (std::size_t member = 0; member < 9; ++member) {
        const Labels chosen = task::most_probable(simulated.members[member], 4);
        for (std::size_t row = 0; row < 60; ++row) {
            ++votes[row * 4 + static_cast<std::size_t>(chosen[row])];
            expected[row] += chosen[row] == simulated.labels[row] ? 1 : 0;
            if (member == 4) expected_best[row] = chosen[row] == simulated.labels[row] ? 1 : 0;
        }
    }
    BOOST_TEST((hits == expected));
    BOOST_TEST((best_hits == expected_best));
    BOOST_TEST((results.votes == votes));
    // The number of members that are right is that of the votes for the label.
    for (std::size_t row = 0; row < 60; ++row)
        BOOST_TEST(hits[row] == votes[row * 4 + static_cast<std::size_t>(simulated.labels[row])]);
}

BOOST_AUTO_TEST_CASE(two_members_by_hand) {
    const Simulated two{.task = task::standard_task(task::Kind::classification),
                        .targets = 2,
                        .rows = 2,
                        .members = {{0.75F, 0.25F, 0.5F, 0.5F}, {0.25F, 0.75F, 0.125F, 0.875F}},
                        .labels = {0, 1}};
    const RowResults results = analyse(two, 0);
    BOOST_TEST((line(two, results.member_sums, "accuracy") == std::vector<double>{1, 1}));
    BOOST_TEST((line(two, results.best, "accuracy") == std::vector<double>{1, 0}));
    BOOST_TEST((results.votes == Labels{1, 1, 1, 1}));
    const auto kinds = analysis::combinations_of(task::Kind::classification);
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        BOOST_TEST((line(two, results.combined_values[i], "accuracy") == std::vector<double>{1, 1}));
        if (kinds[i]->name != "average") continue;
        BOOST_TEST((results.combined[i].predictions == Floats{0.5F, 0.5F, 0.3125F, 0.6875F}));
        BOOST_TEST((line(two, results.combined_values[i], "brier") == std::vector<double>{0.5, 2 * 0.3125 * 0.3125}));
    }
}

BOOST_AUTO_TEST_CASE(the_best_members_values_are_what_its_scores_are_made_of) {
    for (const Simulated& simulated : {simulated_classes(3, 40, 3), simulated_numbers(3, 40, 2)}) {
        const RowResults results = analyse(simulated, 1);
        const bool classes = simulated.task.kind == task::Kind::classification;
        const Floats& member = simulated.members[1];
        const Labels chosen = classes ? task::most_probable(member, simulated.targets) : Labels{};
        const task::Scores scores =
            task::score({.task = simulated.task, .targets = simulated.targets, .predictions = member, .chosen = chosen},
                        simulated.truth());
        for (const std::size_t place : analysis::mean_metrics(simulated.task)) {
            const task::Metric& metric = simulated.task.metrics()[place];
            const std::size_t questions = simulated.task.questions(simulated.targets);
            double value = 0;
            for (std::size_t question = 0; question < questions; ++question) {
                double sum = 0;
                for (const double each : line(simulated, results.best, metric.name, question)) sum += each;
                value += metric.from_mean(sum / 40) / static_cast<double>(questions);
            }
            BOOST_TEST(value == scores[place], boost::test_tools::tolerance(1e-12));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_ranked_probability_score_sees_the_members_of_a_mixture) {
    // Two narrow members at −1 and 1, truth 1: of the mixture E|X − y| = 1 and ½ E|X − X′| = ½; a normal distribution
    // of its moments, N(0, 1), has 0.6022 (Gneiting and Raftery 2007, eq. 21 at z = 1).
    constexpr float narrow = 1e-12F;
    const Simulated two{.task = task::standard_task(task::Kind::regression),
                        .rows = 1,
                        .members = {{-1, narrow}, {1, narrow}},
                        .numbers = {1}};
    const RowResults results = analyse(two);
    BOOST_TEST((results.combined.front().predictions == Floats{0, 1}));
    const double crps = line(two, results.combined_values.front(), "crps").front();
    BOOST_TEST(crps == 0.5, boost::test_tools::tolerance(1e-5));
    // All else is that of the moments.
    BOOST_TEST(line(two, results.combined_values.front(), "rmse").front() == 1.0);
    BOOST_TEST(line(two, results.combined_values.front(), "nll").front() == 0.5 * std::log(8 * std::atan(1.0)) + 0.5,
               boost::test_tools::tolerance(1e-12));
    BOOST_TEST(line(two, results.member_sums, "crps").front() == 2.0, boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(room_has_a_place_for_every_row) {
    const task::Task& classes = task::standard_task(task::Kind::classification);
    const RowResults room = analysis::room_for(classes, 3, 5);
    BOOST_TEST(room.rows == 5U);
    BOOST_TEST(room.votes.size() == 15U);
    BOOST_TEST(room.combined.size() == analysis::combinations_of(classes.kind).size());
    BOOST_TEST(room.combined.front().predictions.size() == 15U);
    BOOST_TEST(room.combined.front().chosen.size() == 5U);
    BOOST_TEST(room.best.size() == 5 * analysis::mean_metrics(classes).size());
    const task::Task& numbers = task::standard_task(task::Kind::regression);
    const RowResults of_numbers = analysis::room_for(numbers, 3, 5);
    BOOST_TEST(of_numbers.votes.empty());
    BOOST_TEST(of_numbers.combined.front().predictions.size() == 30U);
    BOOST_TEST(of_numbers.combined.front().chosen.empty());
    BOOST_TEST(of_numbers.best.size() == 15 * analysis::mean_metrics(numbers).size());
}

BOOST_AUTO_TEST_CASE(results_that_do_not_belong_are_refused) {
    const Simulated simulated = simulated_classes(3, 4, 3);
    const RowResults block = analyse(simulated);
    RowResults room = analysis::room_for(simulated.task, 3, 6);
    BOOST_CHECK_THROW(room.place(3, block), core::ContractViolation);
    RowResults other_task = analysis::room_for(task::standard_task(task::Kind::regression), 1, 6);
    BOOST_CHECK_THROW(other_task.place(0, block), core::ContractViolation);
    BOOST_CHECK_NO_THROW(room.place(2, block));
}

BOOST_AUTO_TEST_CASE(what_is_no_block_is_refused) {
    for (const Simulated& simulated : {simulated_classes(3, 4, 3), simulated_numbers(3, 4, 2)}) {
        const Floats all = simulated.predictions();
        const analysis::Block good = simulated.block(all);
        const auto refused = [](const analysis::Block& block, std::size_t best) {
            BOOST_CHECK_THROW(static_cast<void>(analysis::analyse(block, best)), core::ContractViolation);
        };
        BOOST_CHECK_NO_THROW(static_cast<void>(analysis::analyse(good, 2)));
        refused(good, 3);
        analysis::Block bad = good;
        bad.predictions = std::span(all).first(all.size() - 1);
        refused(bad, 0);
        refused(simulated.block(all, 0, 3), 0);
        const auto without = [&](std::size_t members, std::size_t rows) {
            return analysis::Block{.task = simulated.task,
                                   .targets = simulated.targets,
                                   .members = members,
                                   .rows = rows,
                                   .predictions = {},
                                   .truth = simulated.truth(0, rows)};
        };
        refused(without(0, 4), 0);
        refused(without(3, 0), 0);
        const analysis::Block too_few{.task = simulated.task,
                                      .targets = simulated.targets,
                                      .members = 3,
                                      .rows = 4,
                                      .predictions = all,
                                      .truth = simulated.truth(0, 3)};
        refused(too_few, 0);
    }
}

BOOST_AUTO_TEST_CASE(row_results_refuse_what_no_member_may_predict) {
    for (Simulated simulated : {simulated_classes(3, 4, 3), simulated_numbers(3, 4, 1)}) {
        simulated.members[1][5] = std::nanf("");
        BOOST_CHECK_THROW(static_cast<void>(analyse(simulated)), core::ContractViolation);
    }
}

BOOST_AUTO_TEST_SUITE_END()
