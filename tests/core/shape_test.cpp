#include "core/shape.hpp"

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(shape_tests)

BOOST_AUTO_TEST_CASE(counts_elements) {
    BOOST_TEST(core::Shape{}.elements() == 1U);
    BOOST_TEST((core::Shape{28, 28}.elements()) == 784U);
    BOOST_TEST((core::Shape{3, 0}.elements()) == 0U);
}

BOOST_AUTO_TEST_CASE(reads_as_text) {
    BOOST_TEST(core::Shape{}.text() == "scalar");
    BOOST_TEST(core::Shape{13}.text() == "13");
    BOOST_TEST((core::Shape{28, 28, 3}.text()) == "28×28×3");
}

BOOST_AUTO_TEST_CASE(compares_by_extents) {
    BOOST_TEST((core::Shape{2, 3} == core::Shape{2, 3}));
    BOOST_TEST((core::Shape{2, 3} != core::Shape{6}));
    BOOST_TEST((core::Shape{2} != core::Shape{2, 1}));
}

BOOST_AUTO_TEST_CASE(refuses_more_than_four_extents) {
    BOOST_CHECK_THROW((core::Shape{1, 2, 3, 4, 5}), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
