#include "train/gradient_norm.hpp"

#include <cmath>

#include <boost/test/unit_test.hpp>

#include "model/network.hpp"

BOOST_AUTO_TEST_SUITE(gradient_norm_tests)

BOOST_AUTO_TEST_CASE(each_block_of_weights_has_its_root_mean_square) {
    const model::Network network("dense(3) skip[ dense(5) ]", {2}, 4, model::Objective::classification);
    std::vector<float> gradients(network.buffer_size(), 99.0F);  // padding and biases do not count
    const std::vector<std::string> weights{"dense1.weight", "dense2.weight", "skip1.projection", "dense3.weight"};
    double size = 0;
    for (const auto& block : network.blocks()) {
        if (!block.is_weight) continue;
        ++size;
        for (std::size_t row = 0; row < block.rows; ++row) {
            for (std::size_t column = 0; column < block.columns; ++column) {
                gradients[block.offset + row * block.stride + column] =
                    static_cast<float>((row + column) % 2 == 0 ? size : -size);
            }
        }
    }
    const auto norms = train::gradient_norms(network.blocks(), gradients);
    BOOST_TEST((norms == std::vector<double>{1, 2, 3, 4}));
    std::size_t next = 0;
    for (const auto& block : network.blocks()) {
        if (block.is_weight) BOOST_TEST(block.name == weights.at(next++));
    }
    gradients[network.blocks()[0].offset] = 7;  // of six: five ones and a seven
    BOOST_TEST(std::abs(train::gradient_norms(network.blocks(), gradients)[0] - std::sqrt((49.0 + 5) / 6)) < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
