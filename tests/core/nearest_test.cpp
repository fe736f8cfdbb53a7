#include "core/nearest.hpp"

#include <array>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(nearest_tests)

using core::nearest;

constexpr std::array<std::string_view, 7> names{"epochs", "members", "batch", "lr", "dropout", "conv", "xor"};

BOOST_AUTO_TEST_CASE(typing_mistakes_are_found) {
    BOOST_TEST(nearest("epoch", names) == "epochs");
    BOOST_TEST(nearest("epcohs", names) == "epochs");
    BOOST_TEST(nearest("Members", names) == "members");
    BOOST_TEST(nearest("MEMBRES", names) == "members");
    BOOST_TEST(nearest("xro", names) == "xor");
    BOOST_TEST(nearest("l", names) == "lr");
}

BOOST_AUTO_TEST_CASE(beginnings_are_found) {
    BOOST_TEST(nearest("drop", names) == "dropout");
    BOOST_TEST(nearest("mnist-cn", std::array<std::string_view, 2>{"mnist-nn", "mnist-cnn"}) == "mnist-cnn");
    BOOST_TEST(nearest("batch-size", names) == "batch");
    BOOST_TEST(nearest("Conv2D", names) == "conv");
    BOOST_TEST(nearest("conv2d", std::vector<std::string_view>{"conv", "conv1d"}) == "conv");
    BOOST_TEST(nearest("convolution", names) == "conv");
}

BOOST_AUTO_TEST_CASE(what_is_meant_by_something_else_stays_open) {
    BOOST_TEST(nearest("", names) == "");
    BOOST_TEST(nearest("weights", names) == "");
    BOOST_TEST(nearest("ab", names) == "");
    BOOST_TEST(nearest(std::string(100'000, 'x'), names) == "");
}

BOOST_AUTO_TEST_SUITE_END()
