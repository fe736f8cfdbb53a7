#include "data/numbering.hpp"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(numbering_tests)

using data::find_numberings;
using data::Numbering;
using Values = std::vector<double>;

namespace {

Numbering of(const Values& column, const std::string& name = "") {
    return find_numberings(column, {name}).front();
}

}  // namespace

BOOST_AUTO_TEST_CASE(columns_that_count_the_rows_are_found) {
    BOOST_TEST((of({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) == Numbering::counts));
    BOOST_TEST((of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) == Numbering::counts));
    BOOST_TEST((of({100, 90, 80, 70, 60, 50, 40, 30, 20, 10}) == Numbering::counts));
    BOOST_TEST((of({0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}) == Numbering::counts));
    BOOST_TEST((of({7, 3, 9, 1, 10, 2, 8, 4, 6, 5}) == Numbering::counts));  // shuffled
    BOOST_TEST((of({17, 3, 91, 1, 10, 2, 8, 4, 6, 5}, "Id") == Numbering::identifies));
    BOOST_TEST((of({17, 3, 91, 1, 10, 2, 8, 4, 6, 5}, "passenger_id") == Numbering::identifies));
}

BOOST_AUTO_TEST_CASE(measured_columns_count_nothing) {
    BOOST_TEST((of({17, 3, 91, 1, 10, 2, 8, 4, 6, 5}) == Numbering::none));
    BOOST_TEST((of({17, 3, 91, 1, 10, 2, 8, 4, 5, 5}, "Id") == Numbering::none));
    BOOST_TEST((of({7, 3, 9, 1, 9, 2, 8, 4, 6, 5}) == Numbering::none));
    BOOST_TEST((of({1, 2, 3, 4, 5, 6, 7, 8, 9, 11}) == Numbering::none));
    BOOST_TEST((of({5, 5, 5, 5, 5, 5, 5, 5, 5, 5}) == Numbering::none));
    constexpr double big = 1.5e308;  // a step between two has no number
    BOOST_TEST((of({big, -big, big, -big, big, -big, big, -big, big, -big}) == Numbering::none));
    BOOST_TEST((of({1, 2, 3}) == Numbering::none));  // too few to tell
    BOOST_TEST(find_numberings({}, {}).empty());
}

BOOST_AUTO_TEST_CASE(each_column_by_itself) {
    Values values;
    for (int row = 0; row < 12; ++row) values.insert(values.end(), {0.5 * row * row, 1.0 + row, 3.0});
    BOOST_TEST(
        (find_numberings(values, {"a", "b", "c"}) == std::vector{Numbering::none, Numbering::counts, Numbering::none}));
}

BOOST_AUTO_TEST_SUITE_END()
