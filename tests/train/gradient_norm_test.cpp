#include "train/gradient_norm.hpp"

#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/prepared_pool.hpp"
#include "model/network.hpp"
#include "train/study.hpp"
#include "train/trainer.hpp"

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

BOOST_AUTO_TEST_CASE(long_gradients_are_shortened_and_keep_their_direction) {
    const model::Network network("dense(3)", {2}, 4);
    std::vector<float> gradients(network.buffer_size(), 0.0F);
    const auto& blocks = network.blocks();
    gradients[blocks[0].offset] = 3;       // a weight
    gradients[blocks[1].offset + 1] = -4;  // a bias
    const std::vector<float> before = gradients;
    BOOST_TEST(train::clip(blocks, gradients, 5) == 5.0);
    BOOST_TEST((gradients == before));
    BOOST_TEST(train::clip(blocks, gradients, 1.25) == 5.0);
    BOOST_TEST(gradients[blocks[0].offset] == 0.75F);
    BOOST_TEST(gradients[blocks[1].offset + 1] == -1.0F);
    BOOST_TEST(train::clip(blocks, gradients, 9) == 1.25);
}

BOOST_AUTO_TEST_CASE(steps_are_no_longer_than_clipped_gradients) {
    const Study study("moons:train=64,test=10", "dense(8) tanh");
    train::Hyperparameters h = short_training();
    h.optimizer = train::OptimizerKind::sgd;
    h.learning_rate = 1;
    h.clip_norm = 1e-2;
    train::Trainer trainer(study.network, h, study.problem(), 0);
    const auto before = trainer.state().parameters;
    static_cast<void>(trainer.step());
    const auto& after = trainer.state().parameters;
    double squares = 0;
    for (std::size_t i = 0; i < after.size(); ++i) squares += std::pow(double{after[i]} - before[i], 2);
    BOOST_TEST(std::sqrt(squares) == 1e-2, boost::test_tools::tolerance(1e-4));
}

// Updates wait for the last gradient then, which must change nothing else; also with threads, which bring it in any
// order.
BOOST_AUTO_TEST_CASE(a_norm_that_is_never_reached_changes_nothing) {
    const Study study("moons:train=200,test=50", "dense(16) relu dropout(0.2) dense(8) relu");
    for (const double adversarial : {0.0, 0.05}) {
        train::Hyperparameters h = short_training();
        h.adversarial = adversarial;
        h.max_norm = 1.5;
        h.average = train::AverageKind::ema;
        const auto free = study.train(h);
        h.clip_norm = 1e9;
        BOOST_TEST((study.train(h).parameters == free.parameters));
        compute::PreparedPool pool;
        pool.resize(2);
        train::Trainer trainer(study.network, h, study.problem(), 0, &pool);
        while (!trainer.finished()) static_cast<void>(trainer.step());
        BOOST_TEST((trainer.state().parameters == free.parameters));
        h.clip_norm = 1e-3;
        BOOST_TEST((study.train(h).parameters != free.parameters));
    }
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
    h.clip_norm = 1e-3;  // of what is learnt from, not of what is logged
    BOOST_TEST(study.train(h).history.front().gradient_norm == first);
    h.clip_norm = 0;
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
