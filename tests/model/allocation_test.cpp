#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <string>

#include <boost/test/unit_test.hpp>

#include "bf16.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"
#include "counting_allocator.hpp"
#include "model/program.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(allocation_tests)

BOOST_AUTO_TEST_CASE(the_counter_counts) {
    const std::size_t before = allocations;
    delete new int(3);
    BOOST_TEST(allocations == before + 1);
}

/// Pages that this process has met for the first time, or anew since memory was given back.
long page_faults() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

void check_steps(const std::string& text, const core::Shape& input,
                 compute::Precision precision = compute::Precision::f32) {
    const model::Network network(text, input, 10);
    model::Program program(network, 50, model::Program::Purpose::training, precision);
    core::Buffer<float> parameters(network.buffer_size());
    core::Buffer<float> gradients(network.buffer_size());
    const model::GradientReady ready = [](const model::ParameterBlock&, std::size_t, std::size_t) {};
    core::Buffer<float> statistics(network.statistics_size(), 1.0F);
    const auto step = [&](std::uint32_t number) {
        program.forward(parameters.data(), {.mode = model::Mode::train,
                                            .random = core::RandomStream({.seed = 1, .step = number}),
                                            .statistics = statistics.data()});
        program.backward(parameters.data(), gradients.data(), ready);
    };
    step(0);

    const std::size_t before = allocations;
    // The system may take pages back for reasons of its own, but not in each step.
    long fewest_faults = std::numeric_limits<long>::max();
    for (std::uint32_t number = 1; number <= 10; ++number) {
        const long faults = page_faults();
        step(number);
        fewest_faults = std::min(fewest_faults, page_faults() - faults);
    }
    BOOST_TEST(allocations == before, text);
// Not under a sanitizer: one's allocator does not give out at once what was freed, the other's records take pages.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    BOOST_TEST(fewest_faults == 0, text << ": pages are taken anew in each step");
#endif
}

BOOST_AUTO_TEST_CASE(running_a_program_allocates_nothing) {
    check_steps("dense(64) relu dropout(0.3) skip[ dense(32) gelu dense(64) ] dense(20) tanh", {30});
    check_steps("columns(12, 20, -4, 5, 1) relu dense(20) columns(3) tanh", {30});
    check_steps(
        "conv(16, 3) batchnorm relu maxpool(2) skip[ conv(16, 3) relu ] split[ conv(4, 3) | avgpool(2, 1) ] flatten",
        {8, 8});
    check_steps(
        "conv1d(16, 5) batchnorm relu maxpool1d(2) skip[ conv1d(8, 3) relu ] avgpool1d(2) split[ gru(4) | avgpool ]",
        {24});
    for (const char* kind : {"rnn", "lstm", "gru"}) {
        const std::string sequence = std::string(kind) + "(20, sequence) ";
        check_steps(sequence + "dropout(0.2) skip[ " + sequence + "] split[ " + sequence + "| " + sequence + "] " +
                        kind + "(16) maxout(8, 3)",
                    {7, 5});
    }
}

BOOST_AUTO_TEST_CASE(neither_does_a_program_in_bf16, *boost::unit_test::precondition(has_bf16)) {
    check_steps("dense(64) relu dropout(0.3) skip[ dense(32) gelu dense(64) ] dense(20) tanh", {30},
                compute::Precision::bf16);
    check_steps("conv(16, 3) batchnorm relu maxpool(2) skip[ conv(16, 3) relu ] conv(4, 3) flatten", {8, 8},
                compute::Precision::bf16);
    check_steps("lstm(40, sequence) gru(32, sequence) rnn(64)", {7, 20}, compute::Precision::bf16);
}

BOOST_AUTO_TEST_SUITE_END()
