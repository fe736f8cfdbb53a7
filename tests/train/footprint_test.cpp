#include "train/footprint.hpp"

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "train/predictor.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(footprint_tests)

using model::Network;
using train::Footprint;
using train::Hyperparameters;
using train::OptimizerKind;

BOOST_AUTO_TEST_CASE(parts_of_a_member) {
    // 32·16 + 16 and 16·16 + 16 parameters in whole cache lines.
    const Network network("dense(16) relu", {32}, 16);
    const std::size_t buffer = (32 * 16 + 16 + 16 * 16 + 16) * sizeof(float);
    Hyperparameters training;
    training.batch = 10;
    const Footprint adam = train::footprint(network, training, 100);
    BOOST_TEST(adam.parameters == buffer);
    BOOST_TEST(adam.gradients == buffer);
    BOOST_TEST(adam.optimizer == 2 * buffer);
    BOOST_TEST(adam.means == 0U);
    BOOST_TEST(adam.best == 0U);
    const std::size_t row = (core::row_stride(32) + 2 * 2 * core::row_stride(16)) * sizeof(float);
    BOOST_TEST(adam.activations == 10 * row);
    const std::size_t evaluated = (core::row_stride(32) + 2 * core::row_stride(16)) * sizeof(float);
    BOOST_TEST(adam.evaluation == train::Predictor::batch * evaluated);
    BOOST_TEST(adam.total() == 4 * buffer + 10 * row + train::Predictor::batch * evaluated);

    // A last batch of 3, a batch larger than all rows.
    BOOST_TEST(train::footprint(network, training, 23).activations == 13 * row);
    BOOST_TEST(train::footprint(network, training, 4).activations == 4 * row);
}

BOOST_AUTO_TEST_CASE(what_is_chosen_costs) {
    const Network network("dense(16) batchnorm", {32}, 16);
    const std::size_t buffer = network.buffer_size() * sizeof(float);
    const std::size_t state = buffer + 2 * 16 * sizeof(float);
    Hyperparameters training;
    training.optimizer = OptimizerKind::sgd;
    BOOST_TEST(train::footprint(network, training, 100).optimizer == 0U);
    BOOST_TEST(train::footprint(network, training, 100).parameters == state);
    training.optimizer = OptimizerKind::momentum;
    BOOST_TEST(train::footprint(network, training, 100).optimizer == buffer);
    training.optimizer = OptimizerKind::rmsprop;
    BOOST_TEST(train::footprint(network, training, 100).optimizer == buffer);
    training.precision = compute::Precision::bf16;
    BOOST_TEST(train::footprint(network, training, 100).parameters == state + buffer / 2);
    training.precision = compute::Precision::f32;
    training.average = train::AverageKind::ema;
    BOOST_TEST(train::footprint(network, training, 100).means == state);
    training.patience = 1;
    BOOST_TEST(train::footprint(network, training, 100).best == state);
    // An adversary needs the gradient of the input, and that of the batch before it moved.
    const std::size_t activations = train::footprint(network, training, 100).activations;
    training.adversarial = 0.01;
    BOOST_TEST(train::footprint(network, training, 100).gradients == 2 * buffer);
    BOOST_TEST(train::footprint(network, training, 100).activations ==
               activations + 100 * core::row_stride(32) * sizeof(float));
}

BOOST_AUTO_TEST_SUITE_END()
