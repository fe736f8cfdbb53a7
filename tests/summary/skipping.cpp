// Suites of which some cases cannot be tried; summarise_test.py looks at what the program says.
#include <boost/test/unit_test.hpp>

namespace {

boost::test_tools::assertion_result impossible_here(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result answer(false);
    answer.message() << "not here";
    return answer;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(some_tests)
BOOST_AUTO_TEST_CASE(possible) {
    BOOST_TEST(true);
}
BOOST_AUTO_TEST_CASE(impossible, *boost::unit_test::precondition(impossible_here)) {}
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(none_tests)
BOOST_AUTO_TEST_CASE(impossible, *boost::unit_test::precondition(impossible_here)) {}
BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(failing_tests)
BOOST_AUTO_TEST_CASE(wrong) {
    BOOST_TEST(false);
}
BOOST_AUTO_TEST_CASE(impossible, *boost::unit_test::precondition(impossible_here)) {}
BOOST_AUTO_TEST_SUITE_END()
