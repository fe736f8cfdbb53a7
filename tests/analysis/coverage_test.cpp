#include "analysis/coverage.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(coverage_tests)

using analysis::Coverage;
using analysis::coverage_of;
using analysis::Interval;
using Flags = std::vector<std::uint8_t>;
using Groups = std::vector<std::uint32_t>;

namespace {

const auto nearly = boost::test_tools::tolerance(1e-9);
constexpr double infinite = std::numeric_limits<double>::infinity();

void check(const Coverage& coverage, double low, double high) {
    BOOST_TEST(coverage.ci95.low == low, nearly);
    BOOST_TEST(coverage.ci95.high == high, nearly);
}

task::Answers numbers(const std::vector<float>& values) {
    return {.predictions = {}, .rows = values.size(), .truth = {.numbers = values}};
}

}  // namespace

// Values by references.py coverage: scipy's binomtest, exact.
BOOST_AUTO_TEST_CASE(intervals_agree_with_another_library) {
    check(coverage_of(0, 20), 0, 0.16843347098308548);
    check(coverage_of(17, 20), 0.62107317345470436, 0.96792906281445523);
    check(coverage_of(20, 20), 0.83156652901691452, 1);
    check(coverage_of(905, 1000), 0.88511515559580189, 0.92245979291834501);
    BOOST_TEST(coverage_of(17, 20).share() == 0.85, nearly);
}

BOOST_AUTO_TEST_CASE(without_rows_nothing_is_known) {
    check(coverage_of(0, 0), 0, 1);
    BOOST_TEST(std::isnan(coverage_of(0, 0).share()));
    check(coverage_of(Flags{}), 0, 1);
}

BOOST_AUTO_TEST_CASE(groups_are_counted_apart) {
    const auto groups = analysis::coverage_by_group(Flags{1, 0, 1, 1, 0, 1}, Groups{0, 3, 0, 3, 0, 1}, 4);
    BOOST_TEST_REQUIRE(groups.size() == 4U);
    const std::vector<std::size_t> covered{2, 1, 0, 1};
    const std::vector<std::size_t> rows{3, 1, 0, 2};
    for (std::size_t i = 0; i < 4; ++i) {
        BOOST_TEST(groups[i].covered == covered[i]);
        BOOST_TEST(groups[i].rows == rows[i]);
        BOOST_TEST(groups[i].ci95.low == coverage_of(covered[i], rows[i]).ci95.low);
    }
    BOOST_TEST(coverage_of(Flags{1, 0, 1, 1, 0, 1}).covered == 4U);
    BOOST_TEST(analysis::coverage_by_group(Flags{}, Groups{}, 2).size() == 2U);
}

BOOST_AUTO_TEST_CASE(intervals_hold_their_ends) {
    const std::vector<Interval> intervals{{0, 1}, {0, 1}, {0, 1}, {0, 1}, {-infinite, infinite}, {2, 2}};
    BOOST_TEST((analysis::covered_rows(intervals, numbers({0, 1, -0.1F, 1.1F, 1e30F, 2})) == Flags{1, 1, 0, 0, 1, 1}));
    BOOST_TEST(analysis::mean_width(std::span(intervals).first(4)) == 1.0);
    BOOST_TEST(analysis::mean_width(intervals) == infinite);
    BOOST_TEST(analysis::mean_width(std::vector<Interval>{{2, 2}, {1, 4}}) == 1.5);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_counted_is_refused) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const auto refused = [](auto call) { BOOST_CHECK_THROW(static_cast<void>(call()), core::ContractViolation); };
    refused([] { return coverage_of(3, 2); });
    refused([] { return coverage_of(Flags{2}); });
    refused([] { return analysis::coverage_by_group(Flags{1}, Groups{}, 1); });
    refused([] { return analysis::coverage_by_group(Flags{1}, Groups{1}, 1); });
    refused([] { return analysis::covered_rows(std::vector<Interval>{{0, 1}}, numbers({})); });
    refused([nan] { return analysis::covered_rows(std::vector<Interval>{{0, 1}}, numbers({nan})); });
    refused([nan] { return analysis::covered_rows(std::vector<Interval>{{nan, 1}}, numbers({0})); });
    refused([] { return analysis::mean_width({}); });
}

BOOST_AUTO_TEST_SUITE_END()
