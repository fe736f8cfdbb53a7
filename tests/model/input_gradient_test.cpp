#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/thread_pool.hpp"
#include "model/gradient.hpp"

using namespace ensemble;
using testing::Bench;
using testing::Program;

BOOST_AUTO_TEST_SUITE(input_gradient_tests)

namespace {

constexpr auto purpose = Program::Purpose::adversarial_training;

/// The derivative of the loss by every number of a batch, row after row.
std::vector<double> by_input(Bench& bench) {
    bench.differentiate();
    std::vector<double> all;
    const compute::Rows gradient = bench.program.input_gradient();
    for (std::size_t row = 0; row < gradient.count; ++row)
        all.insert(all.end(), gradient[row].begin(), gradient[row].end());
    return all;
}

/// Central differences of the same. Few of them may lie at kinks, where a difference is no derivative.
void check_input_gradient(const std::string& text, const core::Shape& input) {
    Bench bench(text, testing::rows, input, purpose);
    const std::vector<double> gradient = by_input(bench);
    const std::size_t width = bench.program.input().width;
    double largest = 0;
    for (const double slope : gradient) largest = std::max(largest, std::abs(slope));
    BOOST_TEST_REQUIRE(largest > 1e-3, text << ": the gradient vanishes");
    constexpr float h = 2e-3F;
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        float& x = bench.program.input()[i / width][i % width];
        const float middle = x;
        x = middle + h;
        const double up = bench.loss(testing::Mode::train);
        x = middle - h;
        const double down = bench.loss(testing::Mode::train);
        x = middle;
        const double slope = (up - down) / (2.0 * double(h));
        if (std::abs(slope - gradient[i]) > std::max(4e-3 * largest, 3e-4)) ++wrong;
    }
    BOOST_TEST(wrong * 20 <= gradient.size(), text << ": " << wrong << " of " << gradient.size() << " are wrong");
}

}  // namespace

BOOST_AUTO_TEST_CASE(agrees_with_differences) {
    for (const char* text :
         {"dense(8) tanh", "dense(8) relu dropout(0.2) dense(6) gelu", "tanh dense(4)", "dropout(0.3)",
          "skip[ dense(5) tanh ] dense(4)", "split[ dense(3) tanh | dense(4) | sigmoid ]", "maxout(6, 2)",
          "batchnorm dense(4) tanh", "columns(3, 2, -1, 2) tanh"}) {
        check_input_gradient(text, {5});
    }
    for (const char* text : {"flatten dense(6) tanh", "conv(4, 3) tanh maxpool(2) flatten dense(5)",
                             "conv(4, 3, 2) batchnorm tanh", "conv(3, 3) maxpool(2) relu", "avgpool(2) conv(4, 3) tanh",
                             "skip[ conv(3, 3) tanh ] flatten", "split[ conv(4, 3) | avgpool(3, 1) ] tanh"}) {
        check_input_gradient(text, {6, 6});
    }
    for (const char* text : {"conv1d(4, 3) tanh conv1d(16, 2) avgpool", "maxpool1d(2) lstm(3)",
                             "skip[ conv1d(5, 3) tanh ] avgpool1d", "split[ avgpool1d | conv1d(4, 3) flatten ]"}) {
        check_input_gradient(text, {6});
        check_input_gradient(text, {6, 3});
    }
    for (const std::string cell : {"rnn", "lstm", "gru"}) {
        check_input_gradient(cell + "(6)", {5, 3});
        check_input_gradient(cell + "(4, sequence) " + cell + "(3)", {5, 3});
    }
}

// What is learnt from a batch is the same, whether the gradient goes on to the input or not.
BOOST_AUTO_TEST_CASE(parameters_have_the_gradient_that_they_have_without) {
    for (const char* text :
         {"conv(4, 3) batchnorm relu maxpool(2) flatten dense(5) relu", "lstm(7)", "dense(5) gelu"}) {
        Bench with(text, testing::rows, {6, 6}, purpose);
        Bench without(text, testing::rows, {6, 6});
        with.differentiate();
        without.differentiate();
        for (std::size_t i = 0; i < with.gradients.size(); ++i)
            BOOST_TEST(std::abs(with.gradients[i] - without.gradients[i]) < 1e-5F, text << ", parameter " << i);
    }
}

BOOST_AUTO_TEST_SUITE_END()
