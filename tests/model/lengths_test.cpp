#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "model/gradient.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(lengths_tests)

using core::Shape;
using model::Mode;
using model::Program;
using testing::Bench;
using testing::check_gradient;

namespace {

constexpr std::size_t steps = 9;
const std::vector<std::size_t> lengths{9, 1, 6, 4, 7, 2};
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Writes rows to a program that has at least as many steps, with NaN behind them.
void write(const compute::Rows& from, std::span<const std::size_t> ends, std::size_t features,
           const compute::Rows& to) {
    for (std::size_t row = 0; row < from.count; ++row) {
        const auto items = to[row];
        std::fill(items.begin(), items.end(), nan);
        std::copy_n(from[row].begin(), ends[row] * features, items.begin());
    }
}

/// The outputs of rows that are filled up to `all` steps.
std::vector<float> outputs_of(const std::string& net, std::size_t all, std::size_t features) {
    Bench made(net, lengths.size(), {steps, features}, Program::Purpose::training, lengths);
    Bench longer(net, lengths.size(), {all, features}, Program::Purpose::inference, lengths);
    write(made.program.input(), lengths, features, longer.program.input());
    longer.program.forward(made.parameters.data(), made.pass(Mode::evaluate));
    std::vector<float> values;
    for (std::size_t row = 0; row < lengths.size(); ++row) {
        const auto own = longer.program.output()[row];
        values.insert(values.end(), own.begin(), own.end());
    }
    return values;
}

/// Whose parameters do not depend on the number of steps, nor its windows' places on it.
const std::vector<std::string> nets{"rnn(5)",
                                    "lstm(5)",
                                    "gru(5)",
                                    "lstm(6, sequence) tanh gru(4, sequence) dropout(0.2) rnn(3)",
                                    "gru(4, sequence) sigmoid avgpool1d",
                                    "gru(4, sequence) softplus maxpool1d",
                                    "maxpool1d(2) lstm(4)",
                                    "avgpool1d(2) sigmoid gru(4)",
                                    "rnn(3, sequence) avgpool1d(3, 1) maxpool1d",
                                    "avgpool1d(1, 2) lstm(4)",
                                    "conv1d(6, 3) tanh lstm(4)",
                                    "conv1d(16, 3) sigmoid maxpool1d(2) conv1d(16, 3) softplus avgpool",
                                    "conv1d(5, 1, 2, valid) silu maxpool1d",
                                    "conv1d(8, 3) batchnorm relu conv1d(8, 3) batchnorm sigmoid avgpool1d",
                                    "batchnorm gru(3)",
                                    "conv1d(8, 3) skip[ conv1d(8, 3) tanh conv1d(8, 3) ] avgpool",
                                    "skip[ conv1d(8, 1, 2) sigmoid ] maxpool1d",
                                    "lstm(4, sequence) skip[ gru(4, sequence) tanh ] lstm(3)",
                                    "skip[ gru(4, sequence) ] avgpool1d",
                                    "split[ lstm(4, sequence) | rnn(3, sequence) sigmoid ] maxpool1d",
                                    "split[ lstm(4) | conv1d(8, 3) tanh avgpool1d | maxpool1d ] dense(3) tanh",
                                    "split[ conv1d(4, 1, 2) sigmoid | maxpool1d(2) ] avgpool",
                                    "split[ maxpool1d(2, valid) | conv1d(3, 3, 2, valid) sigmoid ] gru(3)",
                                    "sigmoid repeat(2)[ tanh gru(3, sequence) ] avgpool1d",
                                    "conv(4, 3) sigmoid avgpool"};

/// Parameters by rows and columns of a block.
void fill(Bench& bench, std::size_t block, std::size_t first) {
    const auto& to = bench.network.blocks()[block];
    for (std::size_t row = 0; row < to.rows; ++row) {
        for (std::size_t column = 0; column < to.columns; ++column)
            bench.parameters[to.offset + row * to.stride + column] =
                static_cast<float>(0.5 * std::sin(double(1 + first + row * to.columns + column)));
    }
}

}  // namespace

/// What a network says of a row of so many steps is what one that was made for them says of it.
BOOST_AUTO_TEST_CASE(a_row_counts_as_in_a_network_of_its_own_length) {
    for (const std::size_t features : {1U, 3U}) {
        for (const std::string& net : nets) {
            if (net.find("valid") != std::string::npos) continue;
            const std::vector<float> found = outputs_of(net, steps, features);
            Bench made(net, lengths.size(), {steps, features}, Program::Purpose::training, lengths);
            for (std::size_t row = 0; row < lengths.size(); ++row) {
                Bench alone(net, 1, {lengths[row], features});
                std::copy_n(made.program.input()[row].begin(), lengths[row] * features,
                            alone.program.input()[0].begin());
                alone.program.forward(made.parameters.data(), made.pass(Mode::evaluate));
                for (std::size_t o = 0; o < testing::outputs; ++o) {
                    const double expected = alone.program.output()[0][o];
                    BOOST_TEST(std::abs(double(found[row * testing::outputs + o]) - expected) < 1e-5,
                               net << ", row of " << lengths[row] << " steps: " << found[row * testing::outputs + o]
                                   << " instead of " << expected);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(it_does_not_matter_by_how_much_rows_are_filled_up) {
    for (const std::string& net : nets) {
        const std::vector<float> shorter = outputs_of(net, steps, 3);
        const std::vector<float> longer = outputs_of(net, steps + 6, 3);
        const bool convolves = net.find("conv") != std::string::npos;  // whose kernels depend on the number of steps
        for (std::size_t i = 0; i < shorter.size(); ++i) {
            const bool same = convolves ? std::abs(shorter[i] - longer[i]) < 1e-5F
                                        : std::memcmp(&shorter[i], &longer[i], sizeof(float)) == 0;
            BOOST_TEST(same, net << ": " << shorter[i] << " and " << longer[i]);
        }
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_rows_of_different_lengths) {
    for (const std::string& net : nets) {
        check_gradient(net, {steps, 3}, lengths);
        check_gradient(net, {steps, 1}, lengths);
    }
    check_gradient("lstm(4, sequence) sigmoid flatten dense(3)", {steps, 3}, lengths);
    check_gradient("flatten dense(3) tanh", {steps, 3}, lengths);
    check_gradient("dense(3) tanh", {steps, 3}, lengths);
    check_gradient("conv1d(4, 3) softplus dense(4)", {steps, 3}, lengths);
    check_gradient("conv1d(16, 4, 3) sigmoid avgpool1d(3, 2) rnn(3)", {steps, 3}, lengths);
    check_gradient("conv1d(4, 5, valid) sigmoid lstm(3)", {steps, 3}, lengths);  // of some rows nothing is left
    check_gradient("conv1d(4, 5, valid) batchnorm maxpool1d", {steps, 3}, lengths);
    check_gradient("maxpool1d(4, valid) avgpool1d", {steps, 3}, lengths);
}

/// Where a sum takes the place of what ends earlier: nothing is left of a row that is shorter than the window.
BOOST_AUTO_TEST_CASE(a_sum_has_nothing_from_behind_the_ends_of_its_parts) {
    constexpr std::size_t even = 8;
    const std::vector<std::size_t> ends{even, 1, 6, 5, 7, 2};
    for (const char* net :
         {"skip[ conv1d(4, 2, 2, valid) ] avgpool1d", "skip[ conv1d(4, 2, 2, valid) sigmoid ] rnn(3)"}) {
        Bench bench(net, ends.size(), {even, 3}, Program::Purpose::inference, ends);
        const auto outputs = [&] {
            bench.program.forward(bench.parameters.data(), bench.pass(Mode::evaluate));
            std::vector<std::vector<float>> rows;
            for (std::size_t row = 0; row < ends.size(); ++row)
                rows.emplace_back(bench.program.output()[row].begin(), bench.program.output()[row].end());
            return rows;
        };
        const auto before = outputs();
        fill(bench, 0, 300);
        fill(bench, 1, 400);
        const auto after = outputs();
        BOOST_TEST((before[0] != after[0]), net);
        BOOST_TEST((before[1] == after[1]), net);
        check_gradient(net, {even, 3}, ends);
    }
}

/// The input's gradient too, which an adversary follows; behind the end of a row there is none.
BOOST_AUTO_TEST_CASE(nothing_is_to_be_gained_behind_the_end) {
    for (const char* net : {"lstm(4)", "conv1d(8, 3) sigmoid avgpool", "dense(4) tanh"}) {
        Bench bench(net, testing::rows, {steps, 3}, Program::Purpose::adversarial_training, lengths);
        bench.differentiate();
        for (std::size_t row = 0; row < testing::rows; ++row) {
            const auto gradient = bench.program.input_gradient()[row];
            for (std::size_t i = 0; i < gradient.size(); ++i) {
                const bool counts = i < lengths[row] * 3;
                BOOST_TEST((counts ? gradient[i] != 0 : gradient[i] == 0), net << ", row " << row << ", number " << i);
            }
        }
    }
}

/// A batch of shorter rows after one of longer ones: nothing of these is left, also of steps that no row has now.
BOOST_AUTO_TEST_CASE(batches_know_nothing_of_each_other) {
    const std::vector<std::size_t> full(lengths.size(), steps);
    for (const std::vector<std::size_t>& ends : {lengths, std::vector<std::size_t>{5, 1, 3, 4, 2, 5}}) {
        for (const std::string& net : nets) {
            Bench fresh(net, lengths.size(), {steps, 3}, Program::Purpose::training, ends);
            Bench used(net, lengths.size(), {steps, 3}, Program::Purpose::training, full);
            used.differentiate();
            model::initialise_statistics(used.network, used.statistics);
            write(fresh.program.input(), ends, 3, used.program.input());
            fresh.differentiate();
            used.differentiate();
            const std::size_t bytes = fresh.gradients.size() * sizeof(float);
            BOOST_TEST(std::memcmp(fresh.gradients.data(), used.gradients.data(), bytes) == 0, net);
        }
    }
}

/// Where no row has all steps, the gradient is that of a network with fewer.
BOOST_AUTO_TEST_CASE(gradients_of_steps_that_no_row_has) {
    const std::vector<std::size_t> ends{5, 1, 3, 4, 2, 5};
    for (const std::string& net : nets) {
        if (net.find("dropout") != std::string::npos) continue;  // draws masks by the number of steps
        Bench longer(net, ends.size(), {steps, 3}, Program::Purpose::training, ends);
        Bench shorter(net, ends.size(), {5, 3}, Program::Purpose::training, ends);
        write(longer.program.input(), ends, 3, shorter.program.input());
        shorter.factors = longer.factors;
        longer.differentiate();
        shorter.differentiate();
        for (std::size_t i = 0; i < longer.gradients.size(); ++i)
            BOOST_TEST(std::abs(longer.gradients[i] - shorter.gradients[i]) < 1e-4F, net << ", number " << i);
    }
}

/// Last states of torch.nn.RNN, LSTM and GRU (PyTorch 1.13) in double precision, batch_first, of
/// pack_padded_sequence(x, [4, 2, 1], batch_first=True) with x[r, t, f] = cos(8r + 2t + f) and 0.5·sin(1 + k) for
/// number k of the recurrent weights (from 0, in the order of the rows of weight_hh_l0ᵀ), of the weights (from 100,
/// likewise; of gru in the order n r z) and of the biases (from 200; of gru n r z, and one of h for n).
BOOST_AUTO_TEST_CASE(last_states_are_those_of_packed_sequences) {
    struct Known {
        std::string kind;
        std::vector<double> states;  ///< [3 × 2]
    };
    const std::vector<Known> known{{"rnn", {0.3253517, 0.632959, -0.3171856, -0.322922, -0.3213038, -0.0288861}},
                                   {"lstm", {-0.2728555, -0.3774171, -0.018214, -0.1652189, 0.0199334, -0.0532693}},
                                   {"gru", {0.0199624, 0.7370138, -0.1951284, 0.1014893, -0.1530702, -0.0144254}}};
    const std::vector<std::size_t> ends{4, 2, 1};
    for (const Known& each : known) {
        Bench bench(each.kind + "(2)", 3, {4, 2}, Program::Purpose::inference, ends);
        for (std::size_t row = 0; row < 3; ++row) {
            for (std::size_t i = 0; i < ends[row] * 2; ++i)
                bench.program.input()[row][i] = static_cast<float>(std::cos(double(8 * row + i / 2 * 2 + i % 2)));
        }
        fill(bench, 0, 0);
        fill(bench, 1, 100);
        std::size_t bias = 200;
        const auto blocks = bench.network.blocks();
        for (std::size_t block = 2; block + 2 < blocks.size(); ++block) {
            fill(bench, block, bias);
            bias += blocks[block].columns;
        }
        // The output layer hands the states on.
        std::fill_n(bench.parameters.begin() + static_cast<std::ptrdiff_t>(blocks[blocks.size() - 2].offset),
                    bench.parameters.size() - blocks[blocks.size() - 2].offset, 0.0F);
        for (std::size_t i = 0; i < 2; ++i)
            bench.parameters[blocks[blocks.size() - 2].offset + i * blocks[blocks.size() - 2].stride + i] = 1;
        bench.program.forward(bench.parameters.data(), bench.pass(Mode::evaluate));
        for (std::size_t i = 0; i < 6; ++i) {
            const double found = bench.program.output()[i / 2][i % 2];
            BOOST_TEST(std::abs(found - each.states[i]) < 2e-6,
                       each.kind << ": " << found << " and " << each.states[i]);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
