#include "analysis/results.hpp"

#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/simulated.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(results_tests)

using analysis::CombinationResult;
using analysis::EnsembleResult;
using analysis::MemberResult;
using analysis::RowResults;
using task::Kind;
using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;
using Members = std::vector<MemberResult>;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const auto nearly = boost::test_tools::tolerance(1e-12);

const task::Task& classes = task::standard_task(Kind::classification);
const task::Task& numbers = task::standard_task(Kind::regression);

MemberResult member(std::uint32_t index, double score, double loss, const std::string& excluded = "") {
    MemberResult result;
    result.index = index;
    result.validation_score = score;
    result.validation_loss = loss;
    result.excluded = excluded;
    return result;
}

std::size_t place_of(const task::Task& task, std::string_view name) {
    for (std::size_t i = 0; i < task.metrics().size(); ++i) {
        if (task.metrics()[i].name == name) return i;
    }
    BOOST_FAIL("no metric " << name);
    return 0;
}

const CombinationResult& by(std::string_view name, const EnsembleResult& result) {
    for (const CombinationResult& each : result.combinations) {
        if (each.combination->name == name) return each;
    }
    BOOST_FAIL("no combination " << name);
    return result.combinations.front();
}

/// Predictions of the members that are included, with what became of all.
struct Ensemble {
    Simulated given;
    Members members;

    /// What each included member's predictions are worth is put into `all`; the others have no scores.
    Ensemble(Simulated simulated, Members all) : given(std::move(simulated)), members(std::move(all)) {
        std::size_t next = 0;
        for (MemberResult& each : members) {
            if (!each.is_included()) continue;
            const Floats& predictions = given.members.at(next++);
            const Labels chosen =
                given.task.kind == Kind::classification ? task::most_probable(predictions, given.targets) : Labels{};
            each.test = task::score(
                {.task = given.task, .targets = given.targets, .predictions = predictions, .chosen = chosen},
                given.truth());
        }
    }

    /// Rows of which the member at that place among the included is the best.
    [[nodiscard]] RowResults rows(std::size_t best) const {
        const Floats all = given.predictions();
        return analysis::analyse(given.block(all), best);
    }
    [[nodiscard]] EnsembleResult evaluate(std::size_t best, std::uint64_t seed = 1) const {
        return analysis::evaluate(given.task, given.targets, rows(best), given.truth(), members, seed);
    }
};

/// Three included members and one that is excluded, on four rows of two classes.
Ensemble small() {
    return {{.task = classes,
             .targets = 2,
             .rows = 4,
             .members = {{0.9F, 0.1F, 0.6F, 0.4F, 0.45F, 0.55F, 0.55F, 0.45F},   // right: 1 1 1 0
                         {0.8F, 0.2F, 0.4F, 0.6F, 0.1F, 0.9F, 0.7F, 0.3F},       // right: 1 0 1 0
                         {0.55F, 0.45F, 0.48F, 0.52F, 0.6F, 0.4F, 0.1F, 0.9F}},  // right: 1 0 0 1
             .labels = {0, 0, 1, 1}},
            {member(0, 0.7, 0.3), member(1, 0.8, 0.4), member(2, 0.99, 0.1, "loss is NaN"), member(3, 0.8, 0.5)}};
}

/// Two members of which the second is the best, and one that is excluded, on three rows of one number.
Ensemble small_of_numbers() {
    return {{.task = numbers,
             .targets = 1,
             .rows = 3,
             .members = {{1, 1, 4, 1, 3, 4},    // errors: 1, 2, −2
                         {-1, 1, 3, 1, 7, 2}},  // errors: −1, 1, 2
             .numbers = {0, 2, 5}},
            {member(0, 2.0, 0.9), member(1, 1.0, 0.1, "loss is NaN"), member(2, 3.0, 0.5)}};
}

/// Of all metrics that have a gain: it is the difference of the values that tables show, and positive where better.
void check_gains_are_differences(const task::Task& task, const EnsembleResult& result) {
    const auto close = boost::test_tools::tolerance(1e-9);
    for (const CombinationResult& each : result.combinations) {
        BOOST_TEST_REQUIRE(each.over_mean.size() == task.metrics().size());
        BOOST_TEST_REQUIRE(each.over_best.size() == task.metrics().size());
        BOOST_TEST_REQUIRE(each.scores.size() == task.metrics().size());
        for (std::size_t i = 0; i < each.scores.size(); ++i) {
            const task::Metric& metric = task.metrics()[i];
            const bool has_gain = metric.is_mean() && metric.better != task::Better::nominal;
            BOOST_TEST(each.over_mean[i].has_value() == has_gain, metric.name);
            BOOST_TEST(each.over_best[i].has_value() == has_gain, metric.name);
            if (!has_gain) continue;
            const double sign = metric.better == task::Better::higher ? 1 : -1;
            // One is added, so that of a gain of 0 rounding does not count.
            BOOST_TEST(1 + each.over_mean[i]->value == 1 + sign * (each.scores[i] - result.mean_member[i]), close);
            BOOST_TEST(1 + each.over_best[i]->gain.value == 1 + sign * (each.scores[i] - result.best_member_test[i]),
                       close);
            BOOST_TEST(each.over_mean[i]->ci95.low <= each.over_mean[i]->ci95.high);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_best_has_the_highest_accuracy_then_the_lowest_loss_then_the_lowest_index) {
    BOOST_TEST(analysis::choose_best(classes, Members{member(0, 0.8, 0.1), member(1, 0.9, 0.5)}).value() == 1U);
    BOOST_TEST(analysis::choose_best(classes, Members{member(0, 0.9, 0.5), member(1, 0.9, 0.4)}).value() == 1U);
    const Members equal{member(5, 0.9, 0.4), member(3, 0.9, 0.4), member(4, 0.9, 0.4)};
    BOOST_TEST(analysis::choose_best(classes, equal).value() == 3U);
    BOOST_TEST(analysis::choose_best(numbers, equal).value() == 3U);
}

BOOST_AUTO_TEST_CASE(of_numbers_the_best_has_the_lowest_loss_then_the_lowest_error) {
    for (const task::Task& task : task::tasks()) {
        if (task.kind != Kind::regression) continue;
        BOOST_TEST(analysis::choose_best(task, Members{member(0, 1.0, 0.5), member(1, 9.0, 0.1)}).value() == 1U);
        BOOST_TEST(analysis::choose_best(task, Members{member(0, 9.0, 0.5), member(1, 1.0, 0.5)}).value() == 1U);
        BOOST_TEST(analysis::choose_best(task, Members{member(0, 1.0, nan), member(1, 9.0, 0.1)}).value() == 1U);
        BOOST_TEST(analysis::choose_best(task, Members{member(0, nan, 0.5), member(1, 9.0, 0.5)}).value() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(an_excluded_member_is_never_the_best) {
    for (const task::Task& task : task::tasks()) {
        const Members two{member(0, 0.99, 0.1, "loss is NaN"), member(1, 0.2, 3.0)};
        BOOST_TEST(analysis::choose_best(task, two).value() == 1U);
        BOOST_TEST(!analysis::choose_best(task, Members{member(0, 0.99, 0.1, "loss is NaN")}).has_value());
        BOOST_TEST(!analysis::choose_best(task, {}).has_value());
    }
}

BOOST_AUTO_TEST_CASE(nan_is_worse_than_anything_in_either_order) {
    const auto best = [](const Members& members) { return analysis::choose_best(classes, members).value(); };
    BOOST_TEST(best({member(0, nan, 0.1), member(1, 0.0, 9.0)}) == 1U);
    BOOST_TEST(best({member(0, 0.0, 9.0), member(1, nan, 0.1)}) == 0U);
    BOOST_TEST(best({member(0, nan, 0.2), member(1, nan, 0.1)}) == 1U);
    BOOST_TEST(best({member(0, 0.5, nan), member(1, 0.5, 0.1)}) == 1U);
    BOOST_TEST(best({member(0, nan, nan), member(1, nan, nan)}) == 0U);
}

BOOST_AUTO_TEST_CASE(a_small_ensemble_by_hand) {
    const Ensemble given = small();
    const EnsembleResult result = given.evaluate(1);
    const std::size_t accuracy = place_of(classes, "accuracy");
    const std::size_t balanced = place_of(classes, "balanced_accuracy");

    BOOST_TEST(result.best_member == 1U);
    BOOST_TEST(result.best_member_test[accuracy] == 0.5, nearly);
    // Means 0.75, 0.4933, 0.3833 and 0.45 for class 0: rows 0, 2 and 3 are right; votes have 0 and 2 right.
    const CombinationResult& average = by("average", result);
    const CombinationResult& vote = by("vote", result);
    BOOST_TEST(average.scores[accuracy] == 0.75, nearly);
    BOOST_TEST(vote.scores[accuracy] == 0.5, nearly);
    BOOST_TEST(result.mean_member[accuracy] == 7.0 / 12.0, nearly);
    const auto& members = given.members;
    for (std::size_t i = 0; i < result.mean_member.size(); ++i) {
        const double mean = (members[0].test[i] + members[1].test[i] + members[3].test[i]) / 3;
        BOOST_TEST(result.mean_member[i] == mean, nearly);
    }

    BOOST_TEST(average.over_mean[accuracy]->value == 0.75 - 7.0 / 12.0, nearly);
    BOOST_TEST(vote.over_mean[accuracy]->value == 0.5 - 7.0 / 12.0, nearly);
    BOOST_TEST(average.over_best[accuracy]->gain.value == 0.25, nearly);
    BOOST_TEST(average.over_best[accuracy]->only_ensemble == 1);
    BOOST_TEST(average.over_best[accuracy]->only_member == 0);
    BOOST_TEST(average.over_best[accuracy]->p_value == 1.0, nearly);
    BOOST_TEST(average.by_class.count(0, 1) == 1);  // row 1
    BOOST_TEST(average.scores[balanced] == 0.75, nearly);
    BOOST_TEST(vote.scores[balanced] == 0.5, nearly);
    BOOST_TEST(vote.by_class.count(1, 0) == 1);
    BOOST_TEST(vote.over_best[accuracy]->gain.value == 0.0);
    BOOST_TEST(vote.over_best[accuracy]->only_ensemble == 0);
    check_gains_are_differences(classes, result);
}

BOOST_AUTO_TEST_CASE(a_small_ensemble_of_numbers_by_hand) {
    const Ensemble given = small_of_numbers();
    const EnsembleResult result = given.evaluate(1);
    const auto place = [](std::string_view name) { return place_of(numbers, name); };
    BOOST_TEST(result.combinations.size() == analysis::combinations_of(Kind::regression).size());
    BOOST_TEST(result.best_member == 2U);  // by its loss, in spite of its larger error
    BOOST_TEST(result.best_member_test[place("rmse")] == std::sqrt(2.0), nearly);
    const CombinationResult& mixture = by("mixture", result);
    // Means 0, 3.5 and 5: errors 0, 1.5 and 0. Variances 1 + 1, 1 + 0.25 and 3 + 4.
    BOOST_TEST(mixture.scores[place("rmse")] == std::sqrt(0.75), nearly);
    BOOST_TEST(mixture.scores[place("mae")] == 0.5, nearly);
    BOOST_TEST(mixture.scores[place("coverage95")] == 1.0);
    BOOST_TEST(mixture.scores[place("r2")] == 1 - 2.25 / (38.0 / 3), nearly);
    const double nll =
        0.5 * (std::log(2.0) + std::log(1.25) + 2.25 / 1.25 + std::log(7.0)) / 3 + 0.5 * std::log(8 * std::atan(1.0));
    BOOST_TEST(mixture.scores[place("nll")] == nll, nearly);
    // The mean member's squared errors are (1 + 4 + 4 + 1 + 1 + 4) / 6.
    BOOST_TEST(result.mean_member[place("rmse")] == std::sqrt(2.5), nearly);
    BOOST_TEST(result.mean_member[place("mae")] == 1.5, nearly);
    BOOST_TEST(result.mean_member[place("r2")] ==
                   (given.members[0].test[place("r2")] + given.members[2].test[place("r2")]) / 2,
               nearly);
    BOOST_TEST(mixture.over_mean[place("rmse")]->value == std::sqrt(2.5) - std::sqrt(0.75), nearly);
    BOOST_TEST(mixture.over_best[place("mae")]->gain.value == 4.0 / 3 - 0.5, nearly);
    BOOST_TEST(mixture.by_class.classes() == 0U);
    check_gains_are_differences(numbers, result);
}

BOOST_AUTO_TEST_CASE(of_two_targets_every_score_is_the_mean_of_both) {
    const Simulated both = simulated_numbers(3, 30, 2);
    const Members three{member(0, 1, 0.3), member(1, 1, 0.2), member(2, 1, 0.4)};
    const EnsembleResult together = Ensemble(both, three).evaluate(1);
    std::vector<EnsembleResult> apart;
    for (std::size_t target = 0; target < 2; ++target) {
        Simulated one{.task = numbers, .rows = 30, .members = std::vector<Floats>(3)};
        for (std::size_t row = 0; row < 30; ++row) {
            one.numbers.push_back(both.numbers[row * 2 + target]);
            for (std::size_t m = 0; m < 3; ++m) {
                const auto at = both.members[m].begin() + static_cast<std::ptrdiff_t>(4 * row + 2 * target);
                one.members[m].insert(one.members[m].end(), at, at + 2);
            }
        }
        apart.push_back(Ensemble(one, three).evaluate(1));
    }
    const auto mean = [&](const auto& of) { return (of(apart[0]) + of(apart[1])) / 2; };
    for (std::size_t i = 0; i < numbers.metrics().size(); ++i) {
        BOOST_TEST(together.combinations[0].scores[i] ==
                       mean([i](const EnsembleResult& result) { return result.combinations[0].scores[i]; }),
                   nearly);
        BOOST_TEST(together.mean_member[i] == mean([i](const EnsembleResult& result) { return result.mean_member[i]; }),
                   nearly);
        if (!together.combinations[0].over_mean[i]) continue;
        BOOST_TEST(together.combinations[0].over_mean[i]->value ==
                       mean([i](const EnsembleResult& result) { return result.combinations[0].over_mean[i]->value; }),
                   nearly);
    }
    check_gains_are_differences(numbers, together);
}

BOOST_AUTO_TEST_CASE(the_mean_prediction_is_at_least_as_good_as_the_mean_member) {
    // Jensen: NLL and Brier score are convex in the probabilities, squared errors in the means.
    const EnsembleResult result = small().evaluate(1);
    for (const char* name : {"nll", "brier"}) {
        const std::size_t place = place_of(classes, name);
        BOOST_TEST(by("average", result).scores[place] < result.mean_member[place]);
    }
    const Ensemble given(simulated_numbers(3, 30, 2), {member(0, 1, 1), member(1, 1, 0), member(2, 1, 1)});
    const EnsembleResult of_numbers = given.evaluate(1);
    for (const char* name : {"rmse", "mae", "crps"}) {
        const std::size_t place = place_of(numbers, name);
        BOOST_TEST(of_numbers.combinations.front().scores[place] < of_numbers.mean_member[place]);
    }
}

BOOST_AUTO_TEST_CASE(one_member_gains_nothing_over_itself) {
    const Simulated one{.task = classes,
                        .targets = 2,
                        .rows = 3,
                        .members = {{0.75F, 0.25F, 0.5F, 0.5F, 0.125F, 0.875F}},
                        .labels = {0, 1, 1}};
    for (const Ensemble& given :
         {Ensemble(one, {member(0, 0.5, 0.5)}), Ensemble(simulated_numbers(1, 25, 2), {member(0, 0.5, 0.5)})}) {
        const EnsembleResult result = given.evaluate(0, 9);
        const CombinationResult& combined = result.combinations.front();
        for (std::size_t i = 0; i < combined.scores.size(); ++i) {
            BOOST_TEST(combined.scores[i] == given.members.front().test[i]);
            if (!combined.over_mean[i]) continue;
            BOOST_TEST(combined.over_mean[i]->value == 0.0);
            BOOST_TEST(combined.over_mean[i]->ci95.low == 0.0);
            BOOST_TEST(combined.over_mean[i]->ci95.high == 0.0);
            BOOST_TEST(combined.over_best[i]->p_value == 1.0);
        }
        BOOST_TEST(result.combinations.back().scores.front() == given.members.front().test.front());
    }
}

BOOST_AUTO_TEST_CASE(rows_that_do_not_belong_to_the_members_are_refused) {
    const Ensemble given = small();
    const auto evaluate = [&](const RowResults& rows, const Members& members) {
        static_cast<void>(analysis::evaluate(classes, 2, rows, given.given.truth(), members, 1));
    };
    BOOST_CHECK_NO_THROW(evaluate(given.rows(1), given.members));
    BOOST_CHECK_THROW(evaluate(given.rows(0), given.members), core::ContractViolation);  // another best member

    Members all_included = given.members;
    all_included[2].excluded.clear();
    all_included[2].validation_score = 0;
    BOOST_CHECK_THROW(evaluate(given.rows(1), all_included), core::ContractViolation);

    Members none_included = given.members;
    for (MemberResult& result : none_included) result.excluded = "loss is NaN";
    BOOST_CHECK_THROW(evaluate(given.rows(1), none_included), core::ContractViolation);
    BOOST_CHECK_THROW(evaluate({}, given.members), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
