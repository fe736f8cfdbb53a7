#include <cstdint>

#include <boost/test/unit_test.hpp>

#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(xor_tests)

BOOST_AUTO_TEST_CASE(relu_learns_xor_through_nine_layers_and_sigmoid_does_not) {
    train::Hyperparameters h;
    h.epochs = 10'000;
    h.learning_rate = 0.1;
    h.optimizer = train::OptimizerKind::sgd;
    h.initialiser = model::Initialiser::xavier;
    for (std::uint32_t member = 0; member < 2; ++member) {
        BOOST_TEST(Study("xor", "xor-relu").train(h, member).history.back().validation_score == 1.0);
        BOOST_TEST(Study("xor", "xor-sigmoid").train(h, member).history.back().validation_score == 0.5);
    }
}

BOOST_AUTO_TEST_SUITE_END()
