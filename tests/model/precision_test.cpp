#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "bf16.hpp"
#include "compute/prepared_pool.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"
#include "model/affine.hpp"
#include "model/program.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(precision_tests)

using compute::Precision;
using model::Program;

namespace {

constexpr std::size_t batch = 20;

/// Outputs and gradients of one pass.
struct Passed {
    core::Buffer<float> outputs;
    core::Buffer<float> gradients;
};

/// Leaves one step or more of a row, but not all.
void end_early(const model::Network& network, std::span<float> row, std::size_t number) {
    const std::size_t steps = network.input()[0];
    const std::size_t behind = (1 + number % (steps - 1)) * (row.size() / steps);
    std::ranges::fill(row.subspan(behind), std::numeric_limits<float>::quiet_NaN());
}

Passed pass_through(const model::Network& network, Precision precision, core::ThreadPool* pool = nullptr,
                    bool brings_copy = false) {
    Program program(network, batch, Program::Purpose::training, precision, pool);
    core::Buffer<float> parameters(network.buffer_size());
    model::initialise(network, model::Initialiser::he, 3, 0, parameters);
    core::Buffer<float> statistics(network.statistics_size());
    model::initialise_statistics(network, statistics);
    core::Buffer<compute::Bfloat16> narrow(brings_copy ? parameters.size() : 0);
    if (brings_copy) compute::narrow(parameters, narrow);
    core::RandomStream random({.seed = 8});
    Passed passed;
    // What a batch of longer rows has left behind may not be seen by the next.
    for (const bool is_short : {false, true}) {
        for (std::size_t row = 0; row < batch; ++row) {
            for (float& x : program.input()[row]) x = static_cast<float>(random.uniform(-1, 1));
            if (is_short && network.lengths() == model::Lengths::different)
                end_early(network, program.input()[row], row);
        }
        passed.outputs.clear();
        passed.gradients.assign(network.buffer_size(), 0.0F);
        program.forward(parameters.data(), {.mode = model::Mode::train,
                                            .random = core::RandomStream({.seed = 5}),
                                            .statistics = statistics.data(),
                                            .narrow_parameters = brings_copy ? narrow.data() : nullptr});
        for (std::size_t row = 0; row < batch; ++row) {
            passed.outputs.insert(passed.outputs.end(), program.output()[row].begin(), program.output()[row].end());
            for (float& dy : program.output_gradient()[row]) dy = static_cast<float>(random.uniform(-1, 1));
        }
        program.backward(parameters.data(), passed.gradients.data(), [](const auto&, std::size_t, std::size_t) {});
    }
    return passed;
}

/// |a − b| / |b|
double distance(const core::Buffer<float>& a, const core::Buffer<float>& b) {
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
        size += double{b[i]} * b[i];
    }
    return std::sqrt(difference / size);
}

void check_network(const model::Network& network, int products) {
    const std::string text = network.text();
    const Passed wide = pass_through(network, Precision::f32);
    const Passed narrow = pass_through(network, Precision::bf16);
    // Two roundings of 2⁻⁸ for each product on the way, there and back for gradients.
    const double rounding = std::ldexp(1, -7) * products;
    BOOST_TEST(distance(narrow.outputs, wide.outputs) < rounding, text);
    BOOST_TEST(distance(narrow.gradients, wide.gradients) < 2 * rounding, text);
    BOOST_TEST(distance(narrow.outputs, wide.outputs) > 1e-4, text << ": this is no bf16");
    BOOST_TEST(distance(narrow.gradients, wide.gradients) > 1e-4, text << ": this is no bf16");
    const Passed again = pass_through(network, Precision::bf16, nullptr, true);
    BOOST_TEST((again.outputs == narrow.outputs && again.gradients == narrow.gradients), text);
}

void check_network(const std::string& text, const core::Shape& input, int products) {
    check_network(model::Network(text, input, 10), products);
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_and_gradients_are_those_of_f32_but_for_rounding,
                     *boost::unit_test::precondition(has_bf16)) {
    check_network("dense(64) tanh dropout(0.2) dense(300) gelu", {30}, 3);
    check_network("dense(64) tanh skip[ dense(32) tanh dense(48) ] dense(1000) silu", {30}, 6);
    check_network("conv(16, 3) gelu avgpool(2) skip[ conv(16, 3) silu ] conv(32, 3) flatten dense(40) tanh", {12, 12},
                  5);
    // Pooled slice by slice.
    check_network("conv(16, 5) relu conv(32, 5) maxpool(2) flatten dense(40)", {42, 42}, 4);
}

BOOST_AUTO_TEST_CASE(so_are_those_of_recurrent_layers, *boost::unit_test::precondition(has_bf16)) {
    for (const std::string kind : {"rnn", "lstm", "gru"}) {
        // What one step has rounded passes through the products of all later ones.
        check_network(kind + "(64)", {5, 20}, 6);
        check_network(kind + "(64)", {1, 40}, 2);
        check_network(kind + "(50, sequence) dropout(0.2) " + kind + "(40)", {4, 20}, 10);
        check_network(model::Network(kind + "(50, sequence) " + kind + "(40)", {6, 20}, 10, model::Lengths::different),
                      14);
    }
}

BOOST_AUTO_TEST_CASE(threads_do_not_change_a_bit, *boost::unit_test::precondition(has_bf16)) {
    for (const char* text :
         {"lstm(256, sequence) gru(256)", "rnn(512)", "dense(1000) tanh dropout(0.2) dense(700) relu"}) {
        const model::Network network(text, {8, 256}, 10);
        const Passed alone = pass_through(network, Precision::bf16);
        for (const std::size_t threads : {2U, 3U}) {
            compute::PreparedPool pool;
            pool.resize(threads);
            const Passed shared = pass_through(network, Precision::bf16, &pool);
            BOOST_TEST((shared.outputs == alone.outputs && shared.gradients == alone.gradients), text);
        }
    }
}

// As where there is AMX.
BOOST_AUTO_TEST_CASE(factors_without_gaps_give_the_same, *boost::unit_test::precondition(has_bf16)) {
    using compute::Accumulate;
    struct Case {
        std::size_t in;
        std::size_t out;
    };
    for (const auto [in, out] : {Case{784, 512}, Case{256, 640}, Case{100, 70}, Case{1024, 256}}) {
        constexpr std::size_t rows = 60;
        const model::ParameterBlock block{
            .name = "w", .offset = 16, .rows = in, .columns = out, .stride = core::row_stride(out)};
        core::RandomStream random({.seed = 4});
        const auto fill = [&](const compute::Rows& values) {
            for (std::size_t row = 0; row < values.count; ++row)
                for (float& value : values[row]) value = static_cast<float>(random.uniform(-1, 1));
        };
        const auto tensor = [](std::size_t width) {
            model::Tensor made;
            made.shape = {width};
            made.rows = rows;
            made.stride = core::row_stride(width);
            made.values.resize(made.size());
            made.wants_gradient = true;
            return made;
        };
        model::Tensor x = tensor(in);
        model::Tensor y = tensor(out);
        core::Buffer<float> dx(x.size());
        core::Buffer<float> dy(y.size());
        x.gradients = dx;
        y.gradients = dy;
        core::Buffer<float> parameters(block.offset + block.size());
        fill(x.value_rows());
        fill(y.gradient_rows());
        fill({parameters.data() + block.offset, in, out, block.stride});
        compute::PreparedPool pool;
        std::vector<core::Buffer<float>> found;
        for (const std::size_t threads : {0U, 1U, 2U}) {  // with gaps, without, and shared
            pool.resize(std::max<std::size_t>(threads, 1));
            model::Linear linear(x, Accumulate::no, y, block, Precision::bf16, 1, threads == 2 ? &pool : nullptr,
                                 threads == 0 ? model::Gaps::as_they_lie : model::Gaps::none);
            linear.prepare();
            core::Buffer<float> gradients(parameters.size());
            linear.forward(parameters.data(), {.mode = model::Mode::train, .random = std::nullopt});
            linear.backward(parameters.data(), gradients.data(), [](const auto&, std::size_t, std::size_t) {});
            found.push_back(gradients);
            found.back().insert(found.back().end(), y.values.begin(), y.values.end());
            found.back().insert(found.back().end(), dx.begin(), dx.end());
        }
        // The same factors in sums of another order.
        BOOST_TEST(distance(found[1], found[0]) < 1e-5, in << " to " << out);
        BOOST_TEST((found[2] == found[1]), in << " to " << out);
    }
}

BOOST_AUTO_TEST_CASE(small_layers_stay_in_single_precision, *boost::unit_test::precondition(has_bf16)) {
    const model::Network network("lstm(8) dense(3)", {5, 4}, 10);
    BOOST_TEST((pass_through(network, Precision::bf16).gradients == pass_through(network, Precision::f32).gradients));
}

BOOST_AUTO_TEST_SUITE_END()
