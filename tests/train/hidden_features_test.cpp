#include "train/hidden_features.hpp"

#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "model/network.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(hidden_features_tests)

namespace {

/// How much larger each row of the block's weights is than `before`: 0 where they are zero.
std::vector<double> growth(const model::ParameterBlock& block, const std::vector<float>& before,
                           const std::vector<float>& after) {
    std::vector<double> rows;
    for (std::size_t row = 0; row < block.rows; ++row) {
        const std::size_t at = block.offset + row * block.stride;
        rows.push_back(double{after[at]} / double{before[at]});
        for (std::size_t i = 1; i < block.columns; ++i)
            BOOST_TEST(double{after[at + i]} == rows.back() * double{before[at + i]},
                       boost::test_tools::tolerance(1e-5));
    }
    return rows;
}

}  // namespace

BOOST_AUTO_TEST_CASE(weights_of_an_encoding_begin_at_zero_and_the_others_grow) {
    const auto near = boost::test_tools::tolerance(1e-6);
    const std::vector<data::FeatureRange> encoding{{.first = 1, .count = 3}, {.first = 7, .count = 2}};
    const model::Network network("split[ dropout(0.1) columns(3, 4, -2, 3) relu | dense(5) tanh dense(9) ] columns(2)",
                                 {9}, 2);
    std::vector<float> before(network.buffer_size());
    model::initialise(network, model::Initialiser::he, 1, 0, before);
    std::vector<float> after = before;
    train::begin_at_zero(network, encoding, after);
    const auto blocks = network.blocks();
    const double first = std::sqrt(4.0 / 1);  // of each column by itself
    const double second = std::sqrt(3.0 / 1);
    const double dense = std::sqrt(9.0 / 4);
    BOOST_TEST(growth(blocks[0], before, after) == (std::vector<double>{first, 0, 0, 0}),
               near << boost::test_tools::per_element());
    BOOST_TEST(growth(blocks[1], before, after) == (std::vector<double>{second, 0, 0}),
               near << boost::test_tools::per_element());
    BOOST_TEST(growth(blocks[3], before, after) == (std::vector<double>{dense, 0, 0, 0, dense, dense, dense, 0, 0}),
               near << boost::test_tools::per_element());
    for (std::size_t i = 5; i < blocks.size(); ++i) {
        if (!blocks[i].is_weight) continue;
        for (const double rows : growth(blocks[i], before, after)) BOOST_TEST(rows == 1, near);
    }
}

BOOST_AUTO_TEST_SUITE_END()
