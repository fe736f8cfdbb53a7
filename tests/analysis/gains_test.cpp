#include "analysis/gains.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/results.hpp"
#include "analysis/simulated_run.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(gains_tests)

using analysis::EnsembleResult;
using analysis::MemberResult;
using boost::test_tools::tolerance;

namespace {

std::vector<MemberResult> members_of(const SimulatedRun& run) {
    std::vector<MemberResult> members;
    const Simulated& test = run.sets[1];
    for (std::uint32_t index = 0; index < test.members.size(); ++index) {
        const std::vector<float>& own = test.members[index];
        std::vector<std::int32_t> chosen;
        if (!test.labels.empty()) chosen = task::most_probable(own, test.width());
        MemberResult& member = members.emplace_back();
        member.index = index;
        member.validation_loss = member.validation_score = index == 0 ? 0.5 : 0.4;
        if (!test.labels.empty()) member.validation_loss = 1 - member.validation_score;
        member.test = task::score({.task = test.task, .targets = test.targets, .predictions = own, .chosen = chosen},
                                  test.truth());
    }
    return members;
}

EnsembleResult evaluated(const SimulatedRun& run, bool with_replicates = true) {
    const std::vector<MemberResult> members = members_of(run);
    const analysis::Committee committee = analysis::committee_of(*run.study.task, members).value();
    const analysis::Analysis analysis = analysed(run, committee, 2);
    return analysis::evaluate(*run.study.task, run.study.targets, analysis.rows(1), analysis.truth(1), members,
                              run.study.seed, &analysis.whole(),
                              with_replicates ? analysis.replicated() : std::span<const double>{});
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_metric_with_a_better_side_has_a_gain_with_its_interval) {
    const SimulatedRun of_classes({simulated_classes(5, 30, 3), simulated_classes(5, 200, 3)});
    const SimulatedRun of_numbers({simulated_numbers(4, 30, 2), simulated_numbers(4, 200, 2)});
    for (const SimulatedRun* run : {&of_classes, &of_numbers}) {
        const auto metrics = run->study.task->metrics();
        const EnsembleResult result = evaluated(*run);
        for (const analysis::CombinationResult& combined : result.combinations) {
            for (std::size_t i = 0; i < metrics.size(); ++i) {
                const bool has_side = metrics[i].better != task::Better::nominal;
                BOOST_TEST_REQUIRE(combined.over_mean[i].has_value() == has_side, metrics[i].name);
                if (!has_side) continue;
                const double sign = metrics[i].better == task::Better::higher ? 1 : -1;
                const analysis::Gain& mean = *combined.over_mean[i];
                const analysis::PairedGain& best = combined.over_best[i].value();
                BOOST_TEST(mean.value == sign * (combined.scores[i] - result.mean_member[i]), tolerance(1e-9));
                BOOST_TEST(best.gain.value == sign * (combined.scores[i] - result.best_member_test[i]),
                           tolerance(1e-9));
                BOOST_TEST((mean.ci95.low < mean.value && mean.value < mean.ci95.high), metrics[i].name);
                BOOST_TEST((best.gain.ci95.low < best.gain.value && best.gain.value < best.gain.ci95.high));
                BOOST_TEST((best.p_value >= 0 && best.p_value <= 1));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(replicates_of_other_ranks_are_those_of_this_one) {
    const SimulatedRun run({simulated_classes(4, 30, 3), simulated_classes(4, 50, 3)});
    const EnsembleResult shared = evaluated(run);
    const EnsembleResult alone = evaluated(run, false);
    for (std::size_t which = 0; which < shared.combinations.size(); ++which) {
        for (std::size_t i = 1; i < run.study.task->metrics().size(); ++i) {
            const analysis::Interval one = shared.combinations[which].over_mean[i].value().ci95;
            const analysis::Interval other = alone.combinations[which].over_mean[i].value().ci95;
            BOOST_TEST((one.low == other.low && one.high == other.high));
        }
    }
}

BOOST_AUTO_TEST_CASE(equal_members_gain_nothing_for_sure) {
    SimulatedRun run({simulated_numbers(3, 30, 1), simulated_numbers(3, 40, 1)});
    for (Simulated& set : run.sets) {
        for (std::vector<float>& member : set.members) member = set.members.front();
    }
    const EnsembleResult result = evaluated(run);
    const auto metrics = run.study.task->metrics();
    const auto r2 = static_cast<std::size_t>(std::ranges::find(metrics, "r2", &task::Metric::name) - metrics.begin());
    const analysis::Gain& gain = result.combinations.front().over_mean[r2].value();
    BOOST_TEST((gain.value == 0 && gain.ci95.low == 0 && gain.ci95.high == 0));
    BOOST_TEST(result.combinations.front().over_best[r2].value().p_value == 1.0);
}

BOOST_AUTO_TEST_CASE(where_a_metric_has_no_value_there_is_no_gain_in_it) {
    SimulatedRun run({simulated_classes(3, 30, 3), simulated_classes(3, 40, 3)});
    run.sets[1].labels.assign(40, 2);
    run.what[1].labels = run.sets[1].labels;
    const EnsembleResult result = evaluated(run);
    const auto metrics = run.study.task->metrics();
    for (std::size_t i = 0; i < metrics.size(); ++i)
        BOOST_TEST(result.combinations.front().over_mean[i].has_value() == (metrics[i].name != "auroc"),
                   metrics[i].name);
}

BOOST_AUTO_TEST_SUITE_END()
