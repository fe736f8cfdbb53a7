#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "model/complaint.hpp"
#include "model/gradient.hpp"
#include "model/recurrent_reference.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(recurrent_tests)

using core::Shape;
using testing::Bench;
using testing::check_gradient;
using testing::complaint;
using testing::mentions;
using testing::Sequence;

namespace {

std::vector<double> flat(const Sequence& sequence) {
    std::vector<double> values;
    for (const auto& step : sequence) values.insert(values.end(), step.begin(), step.end());
    return values;
}

const std::vector<std::string> kinds{"rnn", "lstm", "gru"};

}  // namespace

BOOST_AUTO_TEST_CASE(states_agree_with_the_definition) {
    for (const std::string& kind : kinds) {
        for (const Shape& shape : {Shape{7, 4}, Shape{1, 3}, Shape{28, 28}, Shape{5, 3, 2}, Shape{6, 1}}) {
            for (const std::size_t units : {1U, 5U, 16U, 37U, 128U}) {
                const std::string layer = kind + "(" + std::to_string(units);
                testing::check_states(layer + ")", shape, [&](const Sequence& x, const Bench& bench) {
                    return testing::states_of(kind, kind + "1", bench, x, units).back();
                });
                testing::check_states(layer + ", sequence)", shape, [&](const Sequence& x, const Bench& bench) {
                    return flat(testing::states_of(kind, kind + "1", bench, x, units));
                });
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(stacks_agree_with_the_definition) {
    testing::check_states("lstm(6, sequence) gru(5, sequence) lstm(4)", {6, 3}, [](const Sequence& x, const Bench& b) {
        const Sequence first = testing::states_of("lstm", "lstm1", b, x, 6);
        return testing::states_of("lstm", "lstm2", b, testing::states_of("gru", "gru1", b, first, 5), 4).back();
    });
}

BOOST_AUTO_TEST_CASE(branches_lie_side_by_side_in_every_step) {
    testing::check_states("split[ rnn(2, sequence) | gru(3, sequence) ]", {4, 3},
                          [](const Sequence& x, const Bench& b) {
                              Sequence left = testing::states_of("rnn", "rnn1", b, x, 2);
                              const Sequence right = testing::states_of("gru", "gru1", b, x, 3);
                              for (std::size_t t = 0; t < left.size(); ++t)
                                  left[t].insert(left[t].end(), right[t].begin(), right[t].end());
                              return flat(left);
                          });
}

BOOST_AUTO_TEST_CASE(a_skip_projects_every_step) {
    testing::check_states("skip[ rnn(5, sequence) ]", {4, 3}, [](const Sequence& x, const Bench& b) {
        Sequence sum = testing::states_of("rnn", "rnn1", b, x, 5);
        for (std::size_t t = 0; t < sum.size(); ++t) {
            const auto across = testing::multiplied(x[t], b, "skip1.projection", 0, 5);
            for (std::size_t j = 0; j < 5; ++j) sum[t][j] += across[j];
        }
        return flat(sum);
    });
}

BOOST_AUTO_TEST_CASE(gradients_of_recurrent_layers) {
    for (const std::string& kind : kinds) {
        for (const Shape& shape : {Shape{5, 4}, Shape{1, 5}, Shape{4, 2, 3}}) {
            check_gradient(kind + "(5)", shape);
            check_gradient(kind + "(16)", shape);
            check_gradient(kind + "(4, sequence)", shape);
            check_gradient(kind + "(6, sequence) " + kind + "(3)", shape);
            check_gradient(kind + "(5, sequence) dropout(0.3) " + kind + "(4, sequence) flatten dense(5) tanh", shape);
        }
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_nested_sequences) {
    for (const std::string& kind : kinds) {
        const std::string four = kind + "(4, sequence)";
        check_gradient("skip[ " + four + " ] " + kind + "(3)", {5, 4});
        check_gradient(four + " skip[ " + four + " dropout(0.2) ] skip[ " + kind + "(6, sequence) ] rnn(3)", {5, 4});
        check_gradient("rnn(3, sequence) split[ " + four + " | gru(2, sequence) tanh | dropout(0.2) ] lstm(4)", {4, 3});
        check_gradient("rnn(3, sequence) skip[ " + kind + "(5) ] tanh", {4, 3});
        check_gradient("rnn(3, sequence) split[ " + kind + "(5) | lstm(2) | flatten ] dense(4)", {4, 3});
        check_gradient("repeat(3)[ " + four + " ] batchnorm flatten", {3, 4});
        check_gradient("conv(3, 3) tanh " + kind + "(4)", {5, 4});
        check_gradient("conv(16, 3) tanh " + kind + "(4, sequence) conv(2, 2) avgpool", {5, 3});
        check_gradient("conv(2, 3) tanh skip[ " + kind + "(6, sequence) ]", {4, 3});
    }
}

BOOST_AUTO_TEST_CASE(inference_gives_what_training_gives) {
    for (const std::string& kind : kinds) {
        Bench bench(kind + "(20, sequence) " + kind + "(9)", 4, {6, 3});
        model::Program inference(bench.network, 4, model::Program::Purpose::inference);
        for (std::size_t row = 0; row < 4; ++row)
            std::ranges::copy(bench.program.input()[row], inference.input()[row].begin());
        for (int pass = 0; pass < 2; ++pass) {  // the second must not see what the first has left behind
            static_cast<void>(bench.loss(model::Mode::evaluate));
            inference.forward(bench.parameters.data(), {});
            for (std::size_t row = 0; row < 4; ++row) {
                for (std::size_t o = 0; o < testing::outputs; ++o)
                    BOOST_TEST(bench.program.output()[row][o] == inference.output()[row][o]);
            }
        }
        BOOST_TEST(inference.bytes() < bench.program.bytes());
    }
}

BOOST_AUTO_TEST_CASE(a_nan_stays_in_its_row) {
    for (const std::string& kind : kinds) {
        Bench bench(kind + "(20)", 3, {6, 3});
        bench.program.input()[1][4] = std::numeric_limits<float>::quiet_NaN();
        static_cast<void>(bench.loss(model::Mode::train));
        for (std::size_t row = 0; row < 3; ++row)
            BOOST_TEST(std::isnan(bench.program.output()[row][0]) == (row == 1), kind);
    }
}

BOOST_AUTO_TEST_CASE(recurrent_weights_start_orthogonal_and_forget_gates_open) {
    for (const auto how : {model::Initialiser::he, model::Initialiser::xavier}) {
        const model::Network network("lstm(33, sequence) gru(7)", {4, 5}, 3);
        std::vector<float> parameters(network.buffer_size());
        model::initialise(network, how, 1, 0, parameters);
        for (const auto& block : network.blocks()) {
            if (!block.is_weight) {
                const float expected = block.name == "lstm1.forget_bias" ? 1.0F : 0.0F;
                for (std::size_t i = 0; i < block.columns; ++i) BOOST_TEST(parameters[block.offset + i] == expected);
            }
            if (!block.is_recurrent) continue;
            const auto at = [&](std::size_t row, std::size_t column) {
                return double(parameters[block.offset + row * block.stride + column]);
            };
            for (std::size_t first = 0; first < block.columns; first += block.rows) {
                for (std::size_t a = 0; a < block.rows; ++a) {
                    for (std::size_t b = 0; b < block.rows; ++b) {
                        double product = 0;
                        for (std::size_t k = 0; k < block.rows; ++k) product += at(a, first + k) * at(b, first + k);
                        BOOST_TEST_REQUIRE(std::abs(product - (a == b ? 1 : 0)) < 1e-6);
                    }
                }
            }
            // The gates differ, and members do.
            BOOST_TEST(at(0, 0) != at(0, block.rows));
        }
    }
}

BOOST_AUTO_TEST_CASE(says_what_does_not_fit) {
    BOOST_TEST(mentions(complaint("relu lstm(4)", {784}), "line 1, column 6: lstm(4): needs sequences"));
    BOOST_TEST(mentions(complaint("lstm(4)", {784}), "784 comes before it"));
    BOOST_TEST(mentions(complaint("lstm(4) gru(3)", {8, 8}), "column 9: gru(3)"));
    BOOST_TEST(mentions(complaint("lstm", {8, 8}), "write lstm(units[, sequence])"));
    BOOST_TEST(mentions(complaint("gru(3, sequences)", {8, 8}), "does not know the word 'sequences'"));
    BOOST_TEST(mentions(complaint("gru(3, sequence, sequence)", {8, 8}), "takes one word"));
    BOOST_TEST(mentions(complaint("rnn(0)", {8, 8}), "units"));
    BOOST_TEST(mentions(complaint("rnn(2.5)", {8, 8}), "units"));
    BOOST_TEST(mentions(complaint("split[ lstm(3) | lstm(3, sequence) ]", {8, 5}), "3 and 8×3"));
    BOOST_TEST(mentions(complaint("split[ lstm(3, sequence) | maxpool(2) ]", {8, 5}), "8×3 and 4×3×1"));
    BOOST_TEST(mentions(complaint("skip[ maxpool(2) lstm(3, sequence) ]", {8, 5}), "8×5 cannot be added to 4×3"));
    BOOST_TEST(mentions(complaint("lstm(65536, sequence)", {8, 8}), "parameters"));
    BOOST_TEST(complaint("lstm(4, sequence) conv(3, 3) gru(8)", {8, 8}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
