#include "analysis/results.hpp"

#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(results_tests)

using analysis::Contribution;
using analysis::EnsembleResult;
using analysis::MemberResult;
using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;
using Members = std::vector<MemberResult>;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const auto nearly = boost::test_tools::tolerance(1e-12);

MemberResult member(std::uint32_t index, double accuracy, double loss, const std::string& excluded = "") {
    MemberResult result;
    result.index = index;
    result.validation_score = accuracy;
    result.validation_loss = loss;
    result.excluded = excluded;
    return result;
}

/// Three included members and one that is excluded, on four items of two classes.
struct Ensemble {
    Labels labels{0, 0, 1, 1};
    std::vector<Floats> probabilities{{0.9F, 0.1F, 0.6F, 0.4F, 0.45F, 0.55F, 0.55F, 0.45F},   // right: 1 1 1 0
                                      {0.8F, 0.2F, 0.4F, 0.6F, 0.1F, 0.9F, 0.7F, 0.3F},       // right: 1 0 1 0
                                      {0.55F, 0.45F, 0.48F, 0.52F, 0.6F, 0.4F, 0.1F, 0.9F}};  // right: 1 0 0 1
    Members members{member(0, 0.7, 0.3), member(1, 0.8, 0.4), member(2, 0.99, 0.1, "loss is NaN"), member(3, 0.8, 0.5)};
    Contribution total{4, 2};

    Ensemble() {
        const std::vector<std::size_t> included{0, 1, 3};
        for (std::size_t i = 0; i < included.size(); ++i) {
            members[included[i]].test = analysis::score(probabilities[i], labels, 2);
            total.add_member(probabilities[i], labels, included[i] == 1);
        }
        members[2].test = {.accuracy = nan, .nll = nan, .brier = nan, .ece = nan};
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_best_has_the_highest_accuracy_then_the_lowest_loss_then_the_lowest_index) {
    BOOST_TEST(analysis::choose_best(Members{member(0, 0.8, 0.1), member(1, 0.9, 0.5)}).value() == 1U);
    BOOST_TEST(analysis::choose_best(Members{member(0, 0.9, 0.5), member(1, 0.9, 0.4)}).value() == 1U);
    BOOST_TEST(analysis::choose_best(Members{member(5, 0.9, 0.4), member(3, 0.9, 0.4), member(4, 0.9, 0.4)}).value() ==
               3U);
}

BOOST_AUTO_TEST_CASE(an_excluded_member_is_never_the_best) {
    BOOST_TEST(analysis::choose_best(Members{member(0, 0.99, 0.1, "loss is NaN"), member(1, 0.2, 3.0)}).value() == 1U);
    BOOST_TEST(!analysis::choose_best(Members{member(0, 0.99, 0.1, "loss is NaN")}).has_value());
    BOOST_TEST(!analysis::choose_best({}).has_value());
}

BOOST_AUTO_TEST_CASE(nan_is_worse_than_anything_in_either_order) {
    BOOST_TEST(analysis::choose_best(Members{member(0, nan, 0.1), member(1, 0.0, 9.0)}).value() == 1U);
    BOOST_TEST(analysis::choose_best(Members{member(0, 0.0, 9.0), member(1, nan, 0.1)}).value() == 0U);
    BOOST_TEST(analysis::choose_best(Members{member(0, nan, 0.2), member(1, nan, 0.1)}).value() == 1U);
    BOOST_TEST(analysis::choose_best(Members{member(0, 0.5, nan), member(1, 0.5, 0.1)}).value() == 1U);
    BOOST_TEST(analysis::choose_best(Members{member(0, nan, nan), member(1, nan, nan)}).value() == 0U);
}

BOOST_AUTO_TEST_CASE(a_small_ensemble_by_hand) {
    const Ensemble given;
    const EnsembleResult result = analysis::evaluate(given.total, given.labels, given.members, 1);

    BOOST_TEST(result.best_member == 1U);
    BOOST_TEST(result.best_member_test.accuracy == 0.5, nearly);
    // Means 0.75, 0.4933, 0.3833 and 0.45 for class 0: items 0, 2 and 3 are right; votes have 0 and 2 right.
    BOOST_TEST(result.average.accuracy == 0.75, nearly);
    BOOST_TEST(result.vote_accuracy == 0.5, nearly);
    BOOST_TEST(result.mean_member.accuracy == 7.0 / 12.0, nearly);
    const auto& members = given.members;
    BOOST_TEST(result.mean_member.nll == (members[0].test.nll + members[1].test.nll + members[3].test.nll) / 3, nearly);
    BOOST_TEST(result.mean_member.brier == (members[0].test.brier + members[1].test.brier + members[3].test.brier) / 3,
               nearly);
    BOOST_TEST(result.mean_member.ece == (members[0].test.ece + members[1].test.ece + members[3].test.ece) / 3, nearly);

    BOOST_TEST(result.average_over_mean.accuracy == 0.75 - 7.0 / 12.0, nearly);
    BOOST_TEST(result.vote_over_mean.accuracy == 0.5 - 7.0 / 12.0, nearly);
    BOOST_TEST(result.average_over_best.gain.accuracy == 0.25, nearly);
    BOOST_TEST(result.average_over_best.only_ensemble == 1);
    BOOST_TEST(result.average_over_best.only_member == 0);
    BOOST_TEST(result.average_over_best.p_value == 1.0, nearly);
    BOOST_TEST(result.average_by_class.count(0, 1) == 1);  // item 1
    BOOST_TEST(result.average_by_class.balanced_accuracy() == 0.75, nearly);
    BOOST_TEST(result.vote_by_class.balanced_accuracy() == 0.5, nearly);
    BOOST_TEST(result.vote_over_best.gain.accuracy == 0.0);
    BOOST_TEST(result.vote_over_best.only_ensemble == 0);
}

BOOST_AUTO_TEST_CASE(the_mean_prediction_is_at_least_as_good_as_the_mean_member) {
    // Jensen: NLL and Brier score are convex in the probabilities.
    const Ensemble given;
    const EnsembleResult result = analysis::evaluate(given.total, given.labels, given.members, 1);
    BOOST_TEST(result.average.nll < result.mean_member.nll);
    BOOST_TEST(result.average.brier < result.mean_member.brier);
}

BOOST_AUTO_TEST_CASE(one_member_gains_nothing_over_itself) {
    const Labels labels{0, 1, 1};
    const Floats probabilities{0.75F, 0.25F, 0.5F, 0.5F, 0.125F, 0.875F};
    Contribution total(3, 2);
    total.add_member(probabilities, labels, true);
    MemberResult only = member(0, 0.5, 0.5);
    only.test = analysis::score(probabilities, labels, 2);
    const EnsembleResult result = analysis::evaluate(total, labels, Members{only}, 9);
    BOOST_TEST(result.average.accuracy == only.test.accuracy);
    BOOST_TEST(result.average.nll == only.test.nll);
    BOOST_TEST(result.vote_accuracy == only.test.accuracy);
    BOOST_TEST(result.average_over_mean.accuracy == 0.0);
    BOOST_TEST(result.average_over_mean.ci95.low == 0.0);
    BOOST_TEST(result.average_over_mean.ci95.high == 0.0);
    BOOST_TEST(result.average_over_best.p_value == 1.0);
}

BOOST_AUTO_TEST_CASE(contributions_that_do_not_belong_to_the_members_are_refused) {
    const Ensemble given;
    const auto evaluate = [&](const Contribution& total, const Members& members) {
        static_cast<void>(analysis::evaluate(total, given.labels, members, 1));
    };
    Contribution without_best(4, 2);
    for (const Floats& member : given.probabilities) without_best.add_member(member, given.labels, false);
    BOOST_CHECK_THROW(evaluate(without_best, given.members), core::ContractViolation);

    Members all_included = given.members;
    all_included[2].excluded.clear();
    BOOST_CHECK_THROW(evaluate(given.total, all_included), core::ContractViolation);

    Members none_included = given.members;
    for (MemberResult& result : none_included) result.excluded = "loss is NaN";
    BOOST_CHECK_THROW(evaluate(given.total, none_included), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
