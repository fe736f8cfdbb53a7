#include "train/gradient_norm.hpp"

#include <cmath>

#include <boost/test/unit_test.hpp>

#include "model/network.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(gradient_norm_tests)

BOOST_AUTO_TEST_CASE(each_block_of_weights_has_its_root_mean_square) {
    const model::Network network("dense(3) skip[ dense(5) ]", {2}, 4);
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

// Zero weights: only the last bias learns at first. Sigmoid layers make it smaller one by one.
BOOST_AUTO_TEST_CASE(gradients_are_logged_layer_by_layer) {
    const Study study("moons:train=200,test=100", "repeat(4)[ dense(32) sigmoid ]");
    train::Hyperparameters h = short_training();
    h.batch = 33;  // not half of each class
    BOOST_TEST(study.train(h).history.front().gradient_norm.empty());
    h.log_gradients = true;
    h.initialiser = model::Initialiser::xavier;
    const train::MemberState state = study.train(h);
    BOOST_TEST(state.gradient_norm.empty());
    for (const auto& record : state.history) BOOST_TEST(record.gradient_norm.size() == 5U);
    const auto& first = state.history.front().gradient_norm;
    for (std::size_t layer = 1; layer < 4; ++layer) BOOST_TEST(first[layer] < first[layer + 1] / 2);
    BOOST_TEST(first[0] < first[4] / 50);
    h.initialiser = model::Initialiser::zeros;
    const auto zeros = study.train(h).history.front().gradient_norm;
    for (std::size_t layer = 0; layer < 4; ++layer) BOOST_TEST(zeros[layer] == 0.0);
    BOOST_TEST(zeros[4] > 0.0);
}

BOOST_AUTO_TEST_CASE(logging_gradients_changes_nothing_else) {
    train::Hyperparameters h = short_training();
    const train::MemberState without = moons().train(h);
    h.log_gradients = true;
    BOOST_TEST((moons().train(h).parameters == without.parameters));
}

BOOST_AUTO_TEST_SUITE_END()
