#include "compute/prepared_pool.hpp"

#include <omp.h>

#include <array>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/matmul.hpp"
#include "core/buffer.hpp"
#include "denormals.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(prepared_pool_tests)

namespace {

/// How arithmetic of this thread takes numbers that are too small; what is computed is known only when it runs.
struct Products {
    float of_normal_numbers;  ///< 2⁻¹⁰⁰ · 2⁻³⁰
    float of_a_denormal;      ///< 2⁻¹³⁰ · 2³⁰
    double in_double;         ///< 2⁻¹⁰⁰⁰ · 2⁻³⁰
    float by_the_library;     ///< sum of 16 · 2⁻¹⁰⁰ · 2⁻³⁰
    float after_it;           ///< again 2⁻¹⁰⁰ · 2⁻³⁰

    [[nodiscard]] bool are_zero() const {
        return of_normal_numbers == 0 && of_a_denormal == 0 && in_double == 0 && by_the_library == 0 && after_it == 0;
    }
    [[nodiscard]] bool are_exact() const {
        return of_normal_numbers == 0x1p-130F && of_a_denormal == 0x1p-100F && in_double == 0x1p-1030 &&
               by_the_library == 0x1p-126F && after_it == 0x1p-130F;
    }
};

Products products_here() {
    const volatile float small = 0x1p-100F;
    const volatile float tiny = 0x1p-30F;
    const volatile float denormal = 0x1p-130F;
    const volatile float large = 0x1p30F;
    const volatile double small_double = 0x1p-1000;
    const volatile double tiny_double = 0x1p-30;
    Products products{.of_normal_numbers = small * tiny,
                      .of_a_denormal = denormal * large,
                      .in_double = small_double * tiny_double,
                      .by_the_library = 0,
                      .after_it = 0};
    constexpr std::size_t size = 16;
    const compute::Operand plain{size, compute::Transpose::no};
    const compute::MatMul product({size, size, size}, plain, plain, size, compute::Accumulate::no);
    const core::Buffer<float> a(size * size, 0x1p-100F);
    const core::Buffer<float> b(size * size, 0x1p-30F);
    core::Buffer<float> c(size * size, 1.0F);
    product(a.data(), b.data(), c.data());
    products.by_the_library = c[size + 1];
    products.after_it = small * tiny;
    return products;
}

}  // namespace

BOOST_AUTO_TEST_CASE(denormals_are_zero_in_every_thread_of_a_pool, *boost::unit_test::precondition(has_flushing)) {
    in_a_fresh_thread([] {
        compute::PreparedPool pool;
        for (const std::size_t threads : {1U, 2U, 5U}) {
            pool.resize(threads);
            std::vector<Products> found(threads);
            pool.run([&](std::size_t who) { found[who] = products_here(); });
            for (std::size_t who = 0; who < threads; ++who) {
                BOOST_TEST(found[who].are_zero(), "thread " << who << " of " << threads);
            }
        }
    });
}

// Threads inherit it from the one that starts them: here they cannot, as that is prepared for nothing.
BOOST_AUTO_TEST_CASE(threads_that_join_are_prepared_themselves, *boost::unit_test::precondition(has_flushing)) {
    in_a_fresh_thread([] {
        core::ThreadPool pool(compute::prepare_thread);
        pool.resize(3);
        std::array<Products, 3> found{};
        pool.run([&](std::size_t who) { found.at(who) = products_here(); });
        BOOST_TEST(found[0].are_exact());
        BOOST_TEST(found[1].are_zero());
        BOOST_TEST(found[2].are_zero());
    });
}

BOOST_AUTO_TEST_CASE(the_library_starts_no_threads_of_its_own) {
    in_a_fresh_thread([] {
        compute::PreparedPool pool;
        pool.resize(3);
        std::array<int, 3> found{};
        pool.run([&](std::size_t who) { found.at(who) = omp_get_max_threads(); });
        BOOST_TEST(found == (std::array{1, 1, 1}), boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(a_thread_keeps_denormals_until_it_is_prepared) {
    in_a_fresh_thread([] {
        BOOST_TEST(products_here().are_exact());
        compute::prepare_thread();
        BOOST_TEST(products_here().are_zero() == compute::can_flush_denormals());
    });
}

BOOST_AUTO_TEST_CASE(infinities_and_not_a_number_stay, *boost::unit_test::precondition(has_flushing)) {
    in_a_fresh_thread([] {
        compute::prepare_thread();
        const volatile float least = 0x1p-126F;
        const volatile float infinity = INFINITY;
        BOOST_TEST(least * 1.5F == 0x1.8p-126F);  // the least numbers that are normal count
        BOOST_TEST(std::isinf(infinity * least));
        BOOST_TEST(std::isnan(infinity - infinity));
    });
}

BOOST_AUTO_TEST_SUITE_END()
