#include "model/network_summary.hpp"

#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "limited_memory.hpp"
#include "model/program.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(network_summary_tests)

using core::Shape;
using model::Cost;
using model::Described;
using model::Network;
using model::NetworkSummary;

namespace {

constexpr std::size_t rows = 16;

NetworkSummary summary_of(const char* text, const Shape& input, std::size_t outputs = 10) {
    const Network network(text, input, outputs);
    const NetworkSummary found = model::summarise(network, rows);
    // What the items have is what the network has.
    BOOST_TEST(found.total().parameters == network.parameter_count());
    const model::Program program(network, rows, model::Program::Purpose::training);
    BOOST_TEST(found.total().bytes == program.bytes());
    BOOST_TEST((found.input == input));
    return found;
}

void check(const Described& item, const char* text, const Shape& input, const Shape& output, std::size_t parameters,
           double forward, double training) {
    BOOST_TEST_CONTEXT(text) {
        BOOST_TEST(item.text == text);
        BOOST_TEST(item.input.text() == input.text());
        BOOST_TEST(item.output.text() == output.text());
        BOOST_TEST(item.own.parameters == parameters);
        BOOST_TEST(item.own.forward == forward);
        BOOST_TEST(item.own.training == training);
    }
}

}  // namespace

// Numbers are worked out by hand from the definitions: a weight is two operations, a bias one.

BOOST_AUTO_TEST_CASE(dense_layers) {
    const NetworkSummary found = summary_of("dense(512) relu dropout(0.3)", {784});
    BOOST_TEST(found.items.size() == 4U);
    // 784·512 = 401,408 weights; nobody needs the gradient of the input.
    check(found.items[0], "dense(512)", {784}, {512}, 401'408 + 512, 802'816 + 512, 2 * 802'816 + 2 * 512);
    check(found.items[1], "relu", {512}, {512}, 0, 512, 1024);
    check(found.items[2], "dropout(0.3)", {512}, {512}, 0, 0, 0);
    check(found.items[3], "dense(10)", {512}, {10}, 5120 + 10, 10'240 + 10, 3 * 10'240 + 2 * 10);
    BOOST_TEST(found.total().forward == 802'816.0 + 512 + 512 + 10'240 + 10);
    // Rows of floats.
    BOOST_TEST(found.input_bytes == rows * core::row_stride(784) * 4);
    BOOST_TEST(found.items[0].own.bytes == rows * core::row_stride(512) * 4);
    BOOST_TEST(found.gradient_bytes == rows * (core::row_stride(512) + core::row_stride(10)) * 4);
    BOOST_TEST(found.items[1].own.bytes == 0U);
    BOOST_TEST(found.items[2].own.bytes == 0U);
    BOOST_TEST(found.items[3].own.bytes == rows * core::row_stride(10) * 4);
}

BOOST_AUTO_TEST_CASE(convolutions_and_pools) {
    const NetworkSummary found = summary_of(
        "conv(32, 3) relu maxpool(2) conv(64, 3, valid) conv(8, 5, 2) avgpool(3, 2, valid) maxpool(2) avgpool",
        {28, 28});
    BOOST_TEST(found.items.size() == 9U);
    // 3·3·1·32 = 288 weights at 28·28 = 784 places.
    check(found.items[0], "conv(32, 3)", {28, 28}, {28, 28, 32}, 288 + 32, 784.0 * (2 * 288 + 32),
          784.0 * (4 * 288 + 2 * 32));
    check(found.items[1], "relu", {28, 28, 32}, {28, 28, 32}, 0, 784 * 32, 2 * 784 * 32);
    check(found.items[2], "maxpool(2)", {28, 28, 32}, {14, 14, 32}, 0, 196 * 32 * 4, 2 * 196 * 32 * 4);
    // 3·3·32·64 = 18,432 weights at 12·12 = 144 places.
    check(found.items[3], "conv(64, 3, valid)", {14, 14, 32}, {12, 12, 64}, 18'432 + 64, 144.0 * (2 * 18'432 + 64),
          144.0 * (6 * 18'432 + 2 * 64));
    // 5·5·64·8 = 12,800 weights at every other of 12 places.
    check(found.items[4], "conv(8, 5, 2)", {12, 12, 64}, {6, 6, 8}, 12'800 + 8, 36.0 * (2 * 12'800 + 8),
          36.0 * (6 * 12'800 + 2 * 8));
    check(found.items[5], "avgpool(3, 2, valid)", {6, 6, 8}, {2, 2, 8}, 0, 32 * 9, 2 * 32 * 9);
    check(found.items[6], "maxpool(2)", {2, 2, 8}, {1, 1, 8}, 0, 8 * 4, 2 * 8 * 4);
    check(found.items[7], "avgpool", {1, 1, 8}, {8}, 0, 8, 16);
    check(found.items[8], "dense(10)", {8}, {10}, 90, 170, 3 * 160 + 2 * 10);
}

BOOST_AUTO_TEST_CASE(batch_normalisation_has_a_scale_and_an_offset) {
    const NetworkSummary images = summary_of("conv(4, 1) batchnorm relu", {3, 5, 2});
    check(images.items[1], "batchnorm", {3, 5, 4}, {3, 5, 4}, 8, 2 * 60, 4 * 60);
    const NetworkSummary vectors = summary_of("dense(7) batchnorm", {3});
    check(vectors.items[1], "batchnorm", {7}, {7}, 14, 14, 28);
}

BOOST_AUTO_TEST_CASE(skips_with_and_without_projection) {
    const NetworkSummary found = summary_of("dense(6) skip[ dense(6) tanh ] skip[ dense(4) ]", {3}, 2);
    const Described& plain = found.items[1];
    check(plain, "skip", {6}, {6}, 0, 6, 12);  // the sum
    BOOST_TEST(plain.parts.size() == 1U);
    check(plain.parts[0].items[0], "dense(6)", {6}, {6}, 42, 78, 3 * 72 + 2 * 6);
    check(plain.parts[0].items[1], "tanh", {6}, {6}, 0, 6, 12);
    // The projection has 6·4 weights and no bias.
    check(found.items[2], "skip", {6}, {4}, 24, 48 + 4, 3 * 48 + 2 * 4);
    check(found.items[2].parts[0].items[0], "dense(4)", {6}, {4}, 28, 52, 3 * 48 + 2 * 4);

    // Across images it is a convolution of 1×1 with stride 2, with a bias: 2·5 weights at 4·4 places.
    const NetworkSummary images = summary_of("skip[ conv(5, 3, 2) ]", {8, 8, 2});
    check(images.items[0], "skip", {8, 8, 2}, {4, 4, 5}, 15, 16 * (20 + 5) + 80, 16 * (2 * 20 + 2 * 5) + 2 * 80);
    check(images.items[0].parts[0].items[0], "conv(5, 3, 2)", {8, 8, 2}, {4, 4, 5}, 95, 16 * (2 * 90 + 5),
          16 * (4 * 90 + 2 * 5));
}

BOOST_AUTO_TEST_CASE(branches_of_a_split) {
    const NetworkSummary found = summary_of("split[ dense(9) relu | dense(7) | repeat(2)[ tanh ] ]", {2}, 3);
    const Described& split = found.items[0];
    check(split, "split", {2}, {18}, 0, 0, 0);
    BOOST_TEST(split.parts.size() == 3U);
    check(split.parts[0].items[0], "dense(9)", {2}, {9}, 27, 45, 2 * 36 + 2 * 9);
    check(split.parts[1].items[0], "dense(7)", {2}, {7}, 21, 35, 2 * 28 + 2 * 7);
    check(split.parts[2].items[0], "repeat(2)", {2}, {2}, 0, 0, 0);
    check(found.items[1], "dense(3)", {18}, {3}, 57, 111, 3 * 108 + 2 * 3);
    BOOST_TEST(found.total().forward == 45.0 + 9 + 35 + 4 + 111);
    BOOST_TEST(split.own.bytes == rows * core::row_stride(18) * 4);
}

BOOST_AUTO_TEST_CASE(copies_of_a_repeat_that_are_alike_are_one) {
    const NetworkSummary found = summary_of("repeat(9)[ dense(10) relu ]", {2}, 1);
    const Described& repeat = found.items[0];
    check(repeat, "repeat(9)", {2}, {10}, 0, 0, 0);
    BOOST_TEST(repeat.parts.size() == 2U);
    BOOST_TEST(repeat.parts[0].times == 1U);
    BOOST_TEST(repeat.parts[1].times == 8U);
    check(repeat.parts[0].items[0], "dense(10)", {2}, {10}, 30, 50, 2 * 40 + 2 * 10);
    check(repeat.parts[1].items[0], "dense(10)", {10}, {10}, 110, 210, 3 * 200 + 2 * 10);
    BOOST_TEST(found.total().parameters == 30U + 8 * 110 + 11);
    BOOST_TEST(found.total().forward == 50.0 + 8 * 210 + 9 * 10 + 21);
}

BOOST_AUTO_TEST_CASE(recurrent_layers_work_at_every_step) {
    // Of 4 units on 3 features: (3 + 4)·4 weights for each of 1, 4 and 3 products, with 4, 16 and 16 biases.
    const NetworkSummary rnn = summary_of("rnn(4)", {5, 3});
    check(rnn.items[0], "rnn(4)", {5, 3}, {4}, 28 + 4, 5.0 * (2 * 28 + 4 + 2 * 4), 5.0 * (4 * 28 + 2 * (4 + 2 * 4)));
    const NetworkSummary lstm = summary_of("lstm(4, sequence) gru(4)", {5, 3});
    check(lstm.items[0], "lstm(4, sequence)", {5, 3}, {5, 4}, 112 + 16, 5.0 * (2 * 112 + 16 + 13 * 4),
          5.0 * (4 * 112 + 2 * (16 + 13 * 4)));
    check(lstm.items[1], "gru(4)", {5, 4}, {4}, 96 + 16, 5.0 * (2 * 96 + 16 + 10 * 4),
          5.0 * (6 * 96 + 2 * (16 + 10 * 4)));
}

BOOST_AUTO_TEST_CASE(columns_use_each_weight_once) {
    const NetworkSummary found = summary_of("columns(6, 3, -2, 4)", {9});
    check(found.items[0], "columns(6, 3, -2, 4)", {9}, {14}, 42 + 12, 2 * 42 + 12, 4 * 42 + 2 * 12);
}

BOOST_AUTO_TEST_CASE(maxout_compares_its_pieces) {
    const NetworkSummary found = summary_of("maxout(6, 3)", {4});
    check(found.items[0], "maxout(6, 3)", {4}, {6}, 4 * 18 + 18, 2 * 72 + 18 + 18, 4 * 72 + 2 * (18 + 18));
}

BOOST_AUTO_TEST_CASE(convolutions_that_are_pooled_slice_by_slice_add_up_too) {
    // Whether it is depends on the machine; what is counted must be what is there.
    const NetworkSummary found = summary_of("conv(32, 3) relu maxpool(2) conv(64, 3) maxpool(2)", {28, 28});
    BOOST_TEST(found.items[2].own.bytes == rows * 14 * 14 * 32 * 4);
}

BOOST_AUTO_TEST_CASE(what_fits_into_no_memory_is_described_all_the_same,
                     *boost::unit_test::precondition(memory_can_be_limited)) {
    constexpr std::size_t room = 64U << 20U;
    constexpr std::size_t batch = 100'000;
    for (const char* text : {"dense(40000) relu dropout(0.5) maxout(20000, 2)",
                             "repeat(8)[ conv(64, 3) relu batchnorm ] maxpool(2) avgpool",
                             "conv(32, 3) relu maxpool(2)", "lstm(5000, sequence) gru(5000)",
                             "skip[ dense(30000) gelu ] flatten", "split[ conv(32, 3) | conv(16, 3) ] maxpool(4)"}) {
        const Network network(text, {28, 28}, 10);
        const auto describe = [&] {
            const NetworkSummary found = model::summarise(network, batch);
            if (found.total().parameters != network.parameter_count() || found.total().bytes < room) ::_exit(9);
        };
        BOOST_TEST((end_with_room(room, describe) == Ends::well), text);
    }
}

BOOST_AUTO_TEST_CASE(a_network_that_flattens_its_input_first) {
    const NetworkSummary found = summary_of("flatten dense(5)", {4, 6});
    check(found.items[0], "flatten", {4, 6}, {24}, 0, 0, 0);
    BOOST_TEST(found.items[0].own.bytes == 0U);
    BOOST_TEST(found.items[1].own.parameters == 125U);
}

BOOST_AUTO_TEST_SUITE_END()
