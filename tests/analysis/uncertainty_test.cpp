#include "analysis/uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/combination.hpp"
#include "analysis/sequence.hpp"
#include "analysis/simulated.hpp"
#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(uncertainty_tests)

using task::Kind;
using Floats = std::vector<float>;
using Names = std::vector<std::string>;

namespace {

const auto as_float = boost::test_tools::tolerance(1e-6);

/// One measure of all rows, of target `question`.
std::vector<double> column(std::string_view name, const Simulated& simulated, std::size_t question = 0) {
    const auto measures = analysis::uncertainty_measures_of(simulated.task.kind);
    const Floats all = simulated.predictions();
    const Floats values = analysis::uncertainties(simulated.block(all));
    const std::size_t questions = simulated.task.questions(simulated.targets);
    BOOST_TEST_REQUIRE(values.size() == simulated.rows * questions * measures.size());
    const auto found = std::ranges::find(measures, name, &analysis::UncertaintyMeasure::name);
    BOOST_TEST_REQUIRE((found != measures.end()));
    std::vector<double> chosen;
    const std::size_t first = question * measures.size() + static_cast<std::size_t>(found - measures.begin());
    for (std::size_t i = first; i < values.size(); i += questions * measures.size()) chosen.push_back(values[i]);
    return chosen;
}

Simulated classes(std::size_t count, const std::vector<Floats>& members) {
    return {.task = task::standard_task(Kind::classification),
            .targets = count,
            .rows = members.front().size() / count,
            .members = members};
}

Simulated moments(const std::vector<Floats>& members) {
    return {.task = task::standard_task(Kind::regression), .rows = members.front().size() / 2, .members = members};
}

}  // namespace

// Values by references.py uncertainty: the first row's, the last one's, the sum of all.
BOOST_AUTO_TEST_CASE(measures_of_classes_agree_with_another_library) {
    Sequence sequence(1);
    std::vector<Floats> members;
    for (int member = 0; member < 5; ++member) members.push_back(sequence.probabilities(12, 4));
    const Simulated simulated = classes(4, members);
    struct Reference {
        std::string_view name;
        double first, last, sum;
    };
    const std::vector<Reference> references{
        {"entropy", 1.1748772854877261, 1.1689839800321953, 15.272761997897575},
        {"expected_entropy", 0.94712465173766736, 0.7254904241318676, 10.163519103017384},
        {"mutual_information", 0.22775263375005872, 0.44349355590032769, 5.109242894880194},
        {"vote_entropy", 0.50040242353818787, 0.50040242353818787, 11.858534999845201},
        {"variation_ratio", 0.2, 0.2, 5.4},
        {"least_confidence", 0.47338604331016543, 0.49480702951550481, 7.2523254820219334},
        {"member_variance", 0.020831816709827818, 0.08665521845646651, 0.79346665963432683}};
    for (const Reference& reference : references) {
        BOOST_TEST_CONTEXT(reference.name) {
            const auto values = column(reference.name, simulated);
            double sum = 0;
            for (const double value : values) sum += value;
            BOOST_TEST(values.front() == reference.first, as_float);
            BOOST_TEST(values.back() == reference.last, as_float);
            BOOST_TEST(sum == reference.sum, as_float);
        }
    }
}

BOOST_AUTO_TEST_CASE(certain_members_that_disagree_have_closed_forms) {
    // Three members say class 0, one class 2, all with probability 1: all uncertainty is disagreement.
    const Simulated four = classes(3, {{1, 0, 0}, {1, 0, 0}, {0, 0, 1}, {1, 0, 0}});
    const double entropy = -0.75 * std::log(0.75) - 0.25 * std::log(0.25);
    BOOST_TEST(column("entropy", four)[0] == entropy, as_float);
    BOOST_TEST(column("expected_entropy", four)[0] == 0.0);
    BOOST_TEST(column("mutual_information", four)[0] == entropy, as_float);
    BOOST_TEST(column("vote_entropy", four)[0] == entropy, as_float);
    BOOST_TEST(column("variation_ratio", four)[0] == 0.25);
    BOOST_TEST(column("least_confidence", four)[0] == 0.25);
    BOOST_TEST(column("member_variance", four)[0] == 0.1875);  // ¾ · ¼
}

BOOST_AUTO_TEST_CASE(one_member_and_equal_ones_have_no_disagreement) {
    const Floats member = Sequence(2).probabilities(50, 10);
    for (const std::size_t members : {1U, 3U, 7U}) {
        const Simulated equal = classes(10, std::vector<Floats>(members, member));
        for (const char* name : {"mutual_information", "vote_entropy", "variation_ratio", "member_variance"}) {
            for (const double value : column(name, equal)) BOOST_TEST(value == 0.0, name << " is " << value);
        }
        const auto entropy = column("entropy", equal);
        BOOST_TEST(column("expected_entropy", equal) == entropy, boost::test_tools::per_element());
        BOOST_TEST(*std::ranges::min_element(entropy) > 0.1);
    }
}

BOOST_AUTO_TEST_CASE(mutual_information_is_never_negative_and_completes_the_entropy) {
    // One of 64 members differs in the last bits: rounding is larger than what there is to find.
    const Floats first = Sequence(3).probabilities(500, 5);
    std::vector<Floats> members(64, first);
    for (std::size_t i = 0; i < first.size(); i += 2) members[20][i] = std::nextafter(first[i], 1.0F);
    for (const double value : column("mutual_information", classes(5, members))) {
        BOOST_TEST(value >= 0.0);
        BOOST_TEST(value < 1e-13);
    }
    const Simulated apart = simulated_classes(6, 60, 5);
    const auto entropy = column("entropy", apart);
    const auto expected = column("expected_entropy", apart);
    const auto information = column("mutual_information", apart);
    for (std::size_t row = 0; row < entropy.size(); ++row)
        BOOST_TEST(std::abs(entropy[row] - expected[row] - information[row]) < 1e-6);
}

BOOST_AUTO_TEST_CASE(no_measure_is_negative_where_probabilities_do_not_quite_sum_to_1) {
    const float over = 1.0F + 0x1p-20F;
    const Simulated rounded = classes(2, {{over, 0.0F}, {1.0F, 0x1p-149F}});
    for (const analysis::UncertaintyMeasure* measure : analysis::uncertainty_measures_of(Kind::classification)) {
        const double value = column(measure->name, rounded)[0];
        BOOST_TEST(value >= 0.0, measure->name << " is " << value);
        BOOST_TEST(value < 1e-6, measure->name << " is " << value);
    }
}

BOOST_AUTO_TEST_CASE(a_single_class_leaves_nothing_uncertain) {
    const Simulated one = classes(1, {{1, 1}, {1, 1}});
    for (const float value : analysis::uncertainties(one.block(one.predictions()))) BOOST_TEST(value == 0.0F);
}

BOOST_AUTO_TEST_CASE(equal_shares_are_the_most_uncertain) {
    const Simulated uniform = classes(8, std::vector<Floats>(3, Floats(8, 0.125F)));
    BOOST_TEST(column("entropy", uniform)[0] == 3 * std::numbers::ln2, as_float);
    BOOST_TEST(column("vote_entropy", uniform)[0] == 0.0);  // all vote for the first of equals
}

BOOST_AUTO_TEST_CASE(variances_by_hand) {
    const Simulated three = moments({{1, 0.5F, -4, 0}, {3, 1.5F, -4, 0}, {5, 1, -4, 0}});
    BOOST_TEST(column("aleatoric_variance", three)[0] == 1.0);
    BOOST_TEST(column("epistemic_variance", three)[0] == 8.0 / 3, as_float);
    BOOST_TEST(column("aleatoric_variance", three)[1] == 0.0);
    BOOST_TEST(column("epistemic_variance", three)[1] == 0.0);
}

BOOST_AUTO_TEST_CASE(both_variances_add_up_to_the_mixture) {
    const Simulated simulated = simulated_numbers(7, 50, 2);
    const Floats all = simulated.predictions();
    const analysis::Combination& combination = *analysis::combinations_of(Kind::regression).front();
    const Floats mixture = combination.apply(simulated.block(all), {}).predictions;
    for (std::size_t target = 0; target < 2; ++target) {
        const auto aleatoric = column("aleatoric_variance", simulated, target);
        const auto epistemic = column("epistemic_variance", simulated, target);
        for (std::size_t row = 0; row < simulated.rows; ++row)
            BOOST_TEST(aleatoric[row] + epistemic[row] == double{mixture[4 * row + 2 * target + 1]}, as_float);
    }
}

BOOST_AUTO_TEST_CASE(the_variance_of_means_outlives_numbers_far_from_zero) {
    BOOST_TEST(column("epistemic_variance", moments({{1e7F, 1}, {1e7F + 2, 1}}))[0] == 1.0);
}

BOOST_AUTO_TEST_CASE(a_row_depends_on_nothing_but_itself) {
    for (const Simulated& simulated : {simulated_classes(4, 30, 6), simulated_numbers(4, 30, 2)}) {
        const Floats all = simulated.predictions();
        const Floats whole = analysis::uncertainties(simulated.block(all));
        Floats pieces;
        for (std::size_t first = 0; first < 30; first += 10) {
            const Floats part = simulated.predictions(first, 10);
            const Floats values = analysis::uncertainties(simulated.block(part, first, 10));
            pieces.insert(pieces.end(), values.begin(), values.end());
        }
        BOOST_TEST((pieces == whole));
    }
}

BOOST_AUTO_TEST_CASE(columns_have_names) {
    BOOST_TEST((analysis::uncertainty_names(Kind::classification, Names{"a", "b", "c"}) ==
                Names{"entropy", "expected_entropy", "mutual_information", "vote_entropy", "variation_ratio",
                      "least_confidence", "member_variance"}));
    BOOST_TEST((analysis::uncertainty_names(Kind::regression, Names{"weight"}) ==
                Names{"aleatoric_variance", "epistemic_variance"}));
    BOOST_TEST((analysis::uncertainty_names(Kind::regression, Names{"weight", "age"}) ==
                Names{"weight_aleatoric_variance", "weight_epistemic_variance", "age_aleatoric_variance",
                      "age_epistemic_variance"}));
    for (const analysis::UncertaintyMeasure& measure : analysis::uncertainty_measures())
        BOOST_TEST(!measure.text.empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_prediction_is_refused) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinite = std::numeric_limits<float>::infinity();
    const auto refused = [](const Simulated& simulated) {
        const Floats all = simulated.predictions();
        BOOST_CHECK_THROW(static_cast<void>(analysis::uncertainties(simulated.block(all))), core::ContractViolation);
    };
    for (const float bad : {nan, -0.1F, 1.1F}) refused(classes(2, {{0.5F, 0.5F}, {0.5F, bad}}));
    for (const Floats& bad : {Floats{nan, 1}, Floats{infinite, 1}, Floats{1, nan}, Floats{1, infinite}, Floats{1, -1}})
        refused(moments({{1, 1}, bad}));
    Simulated none = classes(2, {{0.5F, 0.5F}});
    none.members.clear();
    refused(none);
    const Floats half{0.5F};
    BOOST_CHECK_THROW(static_cast<void>(analysis::uncertainties(classes(2, {{0.5F, 0.5F}}).block(half))),
                      core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
