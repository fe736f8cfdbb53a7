// Counts calls of operator new, in this program and in the libraries it loads, while a program runs.

#include <atomic>
#include <cstdlib>
#include <new>

#include <boost/test/unit_test.hpp>

#include "compute/product.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"
#include "model/program.hpp"

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
    ++allocations;
    const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
    void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

void* operator new(std::size_t size) {
    return counted(size, alignof(std::max_align_t));
}
void* operator new[](std::size_t size) {
    return counted(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return counted(size, std::size_t(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return counted(size, std::size_t(alignment));
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}

BOOST_AUTO_TEST_SUITE(allocation_tests)

BOOST_AUTO_TEST_CASE(the_counter_counts) {
    const std::size_t before = allocations;
    delete new int(3);
    BOOST_TEST(allocations == before + 1);
}

BOOST_AUTO_TEST_CASE(running_a_program_allocates_nothing) {
    const model::Network network("dense(64) relu dropout(0.3) skip[ dense(32) gelu dense(64) ] dense(20) tanh", {30},
                                 10, model::Objective::classification);
    model::Program program(network, 50, model::Program::Purpose::training);
    core::Buffer<float> parameters(network.buffer_size());
    core::Buffer<float> gradients(network.buffer_size());
    const model::GradientReady ready = [](const model::ParameterBlock&, std::size_t, std::size_t) {};
    const auto step = [&](std::uint32_t number) {
        program.forward(parameters.data(),
                        {.mode = model::Mode::train, .random = core::RandomStream({.seed = 1, .step = number})});
        program.backward(parameters.data(), gradients.data(), ready);
    };
    step(0);

    // Where the library runs a product as a primitive, its bookkeeping allocates: that is its own affair.
    const compute::Product product({50, 64, 30}, {32, compute::Transpose::no}, {64, compute::Transpose::no}, 64,
                                   compute::Store::replace);
    const core::Buffer<float> factors(64 * 64);
    core::Buffer<float> result(64 * 64);
    product(factors.data(), factors.data(), result.data());
    const std::size_t before_product = allocations;
    product(factors.data(), factors.data(), result.data());
    const std::size_t per_product = allocations - before_product;
    constexpr std::size_t products = 5 + 5 + 4;  // forward, weight gradients, input gradients

    const std::size_t before = allocations;
    for (std::uint32_t number = 1; number <= 10; ++number) step(number);
    BOOST_TEST(allocations - before == 10 * products * per_product);
}

BOOST_AUTO_TEST_SUITE_END()
