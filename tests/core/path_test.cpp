#include "core/path.hpp"

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(path_tests)

BOOST_AUTO_TEST_CASE(extensions_are_the_same_in_capitals) {
    using core::has_extension;
    BOOST_TEST(has_extension("a/X.NPY", ".npy"));
    BOOST_TEST(has_extension("x.Gz", ".gz"));
    BOOST_TEST(!has_extension("x.npy.bak", ".npy"));
    BOOST_TEST(!has_extension(".npy", ".npy"));
    BOOST_TEST(!has_extension("x", ".npy"));
}

BOOST_AUTO_TEST_SUITE_END()
