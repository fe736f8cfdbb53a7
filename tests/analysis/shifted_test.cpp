#include "analysis/shifted.hpp"

#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/detection.hpp"
#include "analysis/results.hpp"
#include "analysis/simulated.hpp"
#include "analysis/simulated_run.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(shifted_tests)

namespace {

using analysis::SetUse;

/// A run whose third set are changed test rows, and whose fourth are from elsewhere.
struct ShiftedRun : SimulatedRun {
    explicit ShiftedRun(std::vector<Simulated> simulated) : SimulatedRun(std::move(simulated)) {
        what[2].use = SetUse::shift;
        what[2].name = "rotate-30";
        what[2].shift = {.name = "rotate", .value = 30, .unit = "degrees"};
        what[3].use = SetUse::foreign;
        what[3].labels.clear();
        what[3].numbers.clear();
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(changed_rows_are_scored_as_test_rows_are) {
    const Simulated test = simulated_classes(20, 50, 4);  // more members than one job scores
    const ShiftedRun run({simulated_classes(20, 30, 4), test, test, simulated_classes(20, 25, 4)});
    const analysis::Analysis one = analysed(run, run.all());
    const std::vector<analysis::ShiftResult> results = analysis::shift_results(one);
    BOOST_TEST_REQUIRE(results.size() == 1U);
    BOOST_TEST(results[0].set == run.what[2].name);
    BOOST_TEST((results[0].shift.name == "rotate" && results[0].shift.value == 30));
    const auto scores = analysis::combination_scores(*run.study.task, run.study.targets, one.rows(1), one.truth(1));
    BOOST_TEST((results[0].combinations == scores));
    // By the test rows' own way: each member by itself, and their mean.
    std::vector<task::Scores> members;
    for (std::size_t i = 0; i < 20; ++i) {
        const auto& own = run.sets[1].members[i];
        members.push_back(task::score(
            {.task = *run.study.task, .targets = 4, .predictions = own, .chosen = task::most_probable(own, 4)},
            one.truth(1)));
    }
    BOOST_TEST((one.member_scores(2) == members));
    BOOST_TEST((results[0].best_member == members[0]));
    double sum = 0;
    for (const task::Scores& each : members) sum += each[0];
    BOOST_TEST(results[0].mean_member[0] == sum / 20, boost::test_tools::tolerance(1e-12));
    // Whoever scores which.
    BOOST_TEST((analysed(run, run.all(), 3).member_scores(2) == members));
    // A member that is no part of it is not scored; the best one is found by its number.
    const analysis::Analysis some = analysed(run, {.members = {1, 4, 19}, .best = 4});
    BOOST_TEST((analysis::shift_results(some)[0].best_member == members[4]));
}

BOOST_AUTO_TEST_CASE(rows_from_elsewhere_are_found_by_each_measure) {
    const ShiftedRun run({simulated_numbers(5, 30, 2), simulated_numbers(5, 40, 2), simulated_numbers(5, 40, 2),
                          simulated_numbers(5, 25, 2)});
    const analysis::Analysis one = analysed(run, run.all());
    const auto found = analysis::foreign_result(one, {"a", "b"});
    BOOST_TEST_REQUIRE(found.has_value());
    BOOST_TEST(found->rows == 25U);
    BOOST_TEST_REQUIRE(found->measures.size() == 4U);
    BOOST_TEST(found->measures[3].measure == "b_epistemic_variance");
    std::vector<double> foreign;
    std::vector<double> test;
    for (std::size_t row = 0; row < 25; ++row) foreign.push_back(double{one.rows(3).uncertainty[row * 4 + 3]});
    for (std::size_t row = 0; row < 40; ++row) test.push_back(double{one.rows(1).uncertainty[row * 4 + 3]});
    const analysis::Detection expected = analysis::detection(foreign, test);
    BOOST_TEST(found->measures[3].foreign.auroc == expected.auroc);
    BOOST_TEST(found->measures[3].foreign.fpr95 == expected.fpr95);
    // Certain rows are what is to be found the other way round.
    for (double& value : foreign) value = -value;
    for (double& value : test) value = -value;
    BOOST_TEST(found->measures[3].test_aupr == analysis::detection(test, foreign).aupr);

    const SimulatedRun without({simulated_numbers(5, 30, 2), simulated_numbers(5, 40, 2)});
    BOOST_TEST(!analysis::foreign_result(analysed(without, without.all()), {"a", "b"}).has_value());
    BOOST_TEST(analysis::shift_results(analysed(without, without.all())).empty());
}

BOOST_AUTO_TEST_SUITE_END()
