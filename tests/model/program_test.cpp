#include "model/program.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"
#include "model/gradient.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(program_tests)

using model::Mode;
using model::Network;
using model::Program;

using testing::Bench;
using testing::check_gradient;
using testing::inputs;
using testing::outputs;
using testing::rows;

BOOST_AUTO_TEST_CASE(gradients_of_dense_and_every_activation) {
    check_gradient("flatten");
    check_gradient("dense(4)");
    for (const char* activation : {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus"}) {
        check_gradient("dense(7) " + std::string(activation) + " dense(4) " + std::string(activation));
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_dropout_after_and_before_every_activation) {
    for (const char* activation : {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus"}) {
        check_gradient("dense(9) " + std::string(activation) + " dropout(0.3) dense(4)");
        check_gradient("dense(9) dropout(0.3) " + std::string(activation) + " dense(4)");
    }
    check_gradient("dropout(0.2) dense(6) tanh");
}

BOOST_AUTO_TEST_CASE(gradients_of_chained_activations) {
    check_gradient("dense(6) tanh relu");
    check_gradient("dense(6) relu tanh dropout(0.2) sigmoid");
    check_gradient("dense(6) gelu elu softplus dropout(0.1) leaky_relu");
}

BOOST_AUTO_TEST_CASE(gradients_of_blocks) {
    check_gradient("skip[ dense(5) tanh ]");
    check_gradient("dense(4) tanh skip[ dense(6) tanh dense(4) ] tanh");
    check_gradient("dense(4) skip[ dense(7) tanh ]");
    check_gradient("dense(4) skip[ tanh ] dense(3) skip[ dropout(0.2) ]");
    check_gradient("dense(4) tanh skip[ skip[ dense(4) tanh ] dense(4) ] sigmoid");
    check_gradient("dense(4) tanh skip[ dense(6) skip[ dense(3) tanh ] tanh ] sigmoid");
    check_gradient("dense(4) skip[ skip[ skip[ tanh ] ] ]");
    check_gradient("repeat(3)[ dense(4) tanh ]");
    check_gradient("dense(4) repeat(2)[ skip[ dense(5) silu dense(4) ] ]");
    check_gradient("dense(4) skip[ flatten ]");
}

BOOST_AUTO_TEST_CASE(gradients_of_a_layer_wide_enough_for_several_panels) {
    // 784 × 512 weights are differentiated in a panel of 496 rows and one of 288.
    Bench bench("dense(512) tanh", rows, {784});
    std::vector<std::size_t> reported;
    static_cast<void>(bench.loss(Mode::train));
    const auto dy = bench.program.output_gradient();
    for (std::size_t row = 0; row < rows; ++row) std::ranges::fill(dy[row], 0.25F);
    bench.program.backward(bench.parameters.data(), bench.gradients.data(),
                           [&](const model::ParameterBlock&, std::size_t begin, std::size_t end) {
                               for (std::size_t i = begin; i < end; i += 16) reported.push_back(i);
                           });
    // Every part of the buffer is reported exactly once.
    std::ranges::sort(reported);
    BOOST_TEST(reported.size() == bench.network.buffer_size() / 16);
    BOOST_TEST((std::ranges::adjacent_find(reported) == reported.end()));
    check_gradient("dense(512) tanh", {784});
}

BOOST_AUTO_TEST_CASE(skip_computes_x_plus_f) {
    Bench with("skip[ dense(5) tanh ]");
    Bench without("dense(5) tanh");
    static_cast<void>(with.loss(Mode::evaluate));
    // The same weights, then the output layer by hand: y = (x + tanh(xW + b))·V + c.
    const auto& w = with.network.blocks()[0];
    const auto& b = with.network.blocks()[1];
    const auto& v = with.network.blocks()[2];
    const auto& c = with.network.blocks()[3];
    const auto& p = with.parameters;
    for (std::size_t row = 0; row < rows; ++row) {
        const auto x = with.program.input()[row];
        std::vector<double> hidden(inputs);
        for (std::size_t j = 0; j < inputs; ++j) {
            double sum = p[b.offset + j];
            for (std::size_t i = 0; i < inputs; ++i) sum += double(x[i]) * double(p[w.offset + i * w.stride + j]);
            hidden[j] = x[j] + std::tanh(sum);
        }
        for (std::size_t k = 0; k < outputs; ++k) {
            double sum = p[c.offset + k];
            for (std::size_t j = 0; j < inputs; ++j) sum += hidden[j] * double(p[v.offset + j * v.stride + k]);
            BOOST_TEST(std::abs(with.program.output()[row][k] - sum) < 1e-5);
        }
    }
}

BOOST_AUTO_TEST_CASE(dropout_is_the_exact_identity_in_evaluation) {
    Bench with("dropout(0.4) dense(7) relu dropout(0.2) dense(4) dropout(0.9)");
    Bench without("dense(7) relu dense(4)");
    without.parameters = with.parameters;
    static_cast<void>(with.loss(Mode::evaluate));
    static_cast<void>(without.loss(Mode::evaluate));
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t c = 0; c < outputs; ++c) {
            BOOST_TEST(with.program.output()[row][c] == without.program.output()[row][c]);
        }
    }
}

BOOST_AUTO_TEST_CASE(inference_programs_agree_with_training_programs) {
    Bench bench("dense(7) gelu dropout(0.2) skip[ dense(7) tanh ]");
    static_cast<void>(bench.loss(Mode::evaluate));
    Program inference(bench.network, rows, Program::Purpose::inference);
    for (std::size_t row = 0; row < rows; ++row)
        std::ranges::copy(bench.program.input()[row], inference.input()[row].begin());
    inference.forward(bench.parameters.data(), {.mode = Mode::evaluate, .random = {}});
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t c = 0; c < outputs; ++c)
            BOOST_TEST(inference.output()[row][c] == bench.program.output()[row][c]);
    }
    BOOST_CHECK_THROW(inference.backward(nullptr, nullptr, {}), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(two_dropouts_of_one_step_draw_different_masks) {
    Bench bench("dropout(0.5) dropout(0.5)", 4000);
    for (std::size_t row = 0; row < 4000; ++row) std::ranges::fill(bench.program.input()[row], 1.0F);
    // With the same mask twice half of the items would survive, with independent ones a quarter. The sum of the
    // outputs' inputs shows it: weights of one, no bias.
    std::ranges::fill(bench.parameters, 0.0F);
    const auto& w = bench.network.blocks()[0];
    for (std::size_t i = 0; i < inputs; ++i) bench.parameters[w.offset + i * w.stride] = 1.0F;
    bench.program.forward(bench.parameters.data(), bench.pass(Mode::train));
    double kept = 0;
    for (std::size_t row = 0; row < 4000; ++row) kept += bench.program.output()[row][0] / 4.0;
    BOOST_TEST(std::abs(kept / (4000 * inputs) - 0.25) < 4 * std::sqrt(0.25 * 0.75 / (4000 * inputs)));
}

BOOST_AUTO_TEST_CASE(training_needs_a_random_stream) {
    Bench bench("dropout(0.5)");
    BOOST_CHECK_THROW(bench.program.forward(bench.parameters.data(), {.mode = Mode::train, .random = {}}),
                      core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(padding_gets_no_gradient) {
    Bench bench("dense(7) tanh skip[ dense(3) ]");
    bench.differentiate();
    for (const auto& block : bench.network.blocks()) {
        for (std::size_t row = 0; row < block.rows; ++row) {
            for (std::size_t column = block.columns; column < block.stride; ++column) {
                BOOST_TEST(bench.gradients[block.offset + row * block.stride + column] == 0.0F);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
