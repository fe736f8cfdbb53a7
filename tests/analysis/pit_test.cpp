#include "analysis/pit.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/sequence.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"
#include "task/score.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(pit_tests)

using analysis::central_coverage;
using analysis::probability_transforms;
using analysis::variance_factor;
using Floats = std::vector<float>;
using Values = std::vector<double>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-12);
const auto as_float = boost::test_tools::tolerance(1e-6);

/// Pairs of mean and variance of each row, what is true of it, and pairs of members if it is a mixture.
struct Predicted {
    Floats moments;
    Floats numbers;
    Floats components = {};
    std::size_t members = 0;

    [[nodiscard]] task::Answers answers() const {
        return {.predictions = moments,
                .rows = numbers.size(),
                .stride = 2,
                .width = 2,
                .components = components,
                .members = members,
                .truth = {.numbers = numbers}};
    }
};

double sum(const Values& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

// Values by references.py pit: scipy's norm; the factor by minimising the loss.
BOOST_AUTO_TEST_CASE(transforms_agree_with_another_library) {
    Sequence sequence(6);
    Predicted rows;
    for (const double number : sequence.take(100)) rows.numbers.push_back(static_cast<float>(4 * number));
    const Values means = sequence.take(200);
    const Values variances = sequence.take(200);
    for (std::size_t i = 0; i < 200; ++i) {
        rows.components.push_back(static_cast<float>(4 * means[i]));
        rows.components.push_back(static_cast<float>(0.2 + 2 * variances[i]));
    }
    rows.moments.assign(rows.components.begin(), rows.components.begin() + 200);
    const Values first = probability_transforms(rows.answers());
    BOOST_TEST(first[0] == 0.060669796946966469, nearly);
    BOOST_TEST(first[99] == 0.96327111336301252, nearly);
    BOOST_TEST(sum(first) == 59.93545006955636, nearly);
    BOOST_TEST((central_coverage(first, Values{0.5, 0.9}) == Values{0.33, 0.7}));
    BOOST_TEST(variance_factor(rows.answers()) == 2.3764688326971264, as_float);
    rows.members = 2;
    const Values both = probability_transforms(rows.answers());
    BOOST_TEST(both[0] == 0.20133778990801235, nearly);
    BOOST_TEST(both[99] == 0.97790268509054468, nearly);
    BOOST_TEST(sum(both) == 58.733408253448765, nearly);
}

BOOST_AUTO_TEST_CASE(tails_keep_their_digits) {
    // 10 deviations below: 1 − Φ(10) would be 0.
    const Values u = probability_transforms(Predicted{.moments = {10, 1, -10, 1}, .numbers = {0, 0}}.answers());
    BOOST_TEST(u[0] * 1e24 == 7.61985302416047, nearly);  // scipy.stats.norm.cdf(-10)
    BOOST_TEST(u[1] == 1.0);
}

BOOST_AUTO_TEST_CASE(calibrated_predictions_have_uniform_transforms) {
    core::RandomStream stream({.seed = 4});
    Predicted rows;
    for (int row = 0; row < 20'000; ++row) {
        const double mean = 3 * stream.normal();
        const double variance = stream.uniform(0.1, 4);
        rows.moments.push_back(static_cast<float>(mean));
        rows.moments.push_back(static_cast<float>(variance));
        rows.numbers.push_back(static_cast<float>(mean + std::sqrt(2 * variance) * stream.normal()));
    }
    // Deviations are √2 times as large as said; a factor of 2 mends it.
    const double factor = variance_factor(rows.answers());
    BOOST_TEST(std::abs(factor - 2) < 0.08);  // four standard errors: 2 √(2 / 20,000) each
    for (std::size_t i = 1; i < rows.moments.size(); i += 2) rows.moments[i] *= static_cast<float>(factor);
    BOOST_TEST(variance_factor(rows.answers()) == 1.0, as_float);
    const Values levels{0.1, 0.5, 0.9, 0.99};
    const Values coverage = central_coverage(probability_transforms(rows.answers()), levels);
    for (std::size_t i = 0; i < levels.size(); ++i) BOOST_TEST(std::abs(coverage[i] - levels[i]) < 0.015);
}

BOOST_AUTO_TEST_CASE(coverage_counts_from_the_middle_and_includes_ends) {
    const Values u{0, 0.25, 0.5, 0.75, 1};
    BOOST_TEST((central_coverage(u, Values{0, 0.49, 0.5, 0.99, 1}) == Values{0.2, 0.2, 0.6, 0.6, 1}));
}

BOOST_AUTO_TEST_CASE(without_variance_all_is_at_the_mean) {
    const Predicted certain{.moments = {1, 0, 1, 0, 1, 0}, .numbers = {0.5F, 1, 1.5F}};
    BOOST_TEST((probability_transforms(certain.answers()) == Values{0, 0.5, 1}));
    BOOST_TEST(variance_factor(certain.answers()) == std::numeric_limits<double>::infinity());
    // A target that is constant, and learnt.
    BOOST_TEST(variance_factor(Predicted{.moments = {1, 0, 1, 0}, .numbers = {1, 1}}.answers()) == 1.0);
    BOOST_TEST(variance_factor(Predicted{.moments = {1, 0, 1, 4}, .numbers = {1, 2}}.answers()) == 0.25);
    BOOST_TEST(variance_factor(Predicted{.moments = {1, 4, 1, 4}, .numbers = {1, 1}}.answers()) == 0.0);
}

BOOST_AUTO_TEST_CASE(two_targets_are_two_questions) {
    const task::Task& regression = task::standard_task(task::Kind::regression);
    const Floats predictions{1, 1, 10, 4};
    const Floats numbers{2, 14};
    const task::Predicted both{.task = regression, .targets = 2, .predictions = predictions};
    const task::Truth truth{.numbers = numbers, .targets = 2};
    BOOST_TEST(variance_factor(both.answers(0, truth)) == 1.0);
    BOOST_TEST(variance_factor(both.answers(1, truth)) == 4.0);
    BOOST_TEST(probability_transforms(both.answers(1, truth))[0] == 0.97724986805182079, nearly);  // Φ(2)
}

BOOST_AUTO_TEST_CASE(what_is_no_distribution_is_refused) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinite = std::numeric_limits<float>::infinity();
    std::vector<Predicted> all{{.moments = {}, .numbers = {}}, {.moments = {0, 1}, .numbers = {nan}}};
    for (const Floats& bad :
         {Floats{nan, 1}, Floats{infinite, 1}, Floats{0, nan}, Floats{0, infinite}, Floats{0, -1}}) {
        all.push_back({.moments = bad, .numbers = {0}});
        all.push_back({.moments = {0, 1}, .numbers = {0}, .components = bad, .members = 1});
    }
    for (const Predicted& each : all) {
        BOOST_CHECK_THROW(static_cast<void>(probability_transforms(each.answers())), core::ContractViolation);
        BOOST_CHECK_THROW(static_cast<void>(variance_factor(each.answers())), core::ContractViolation);
    }
    BOOST_CHECK_THROW(static_cast<void>(central_coverage({}, Values{0.5})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(central_coverage(Values{double{nan}}, Values{0.5})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(central_coverage(Values{1.5}, Values{0.5})), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
