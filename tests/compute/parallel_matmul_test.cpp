#include "compute/parallel_matmul.hpp"

#include <algorithm>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/prepared_pool.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(parallel_matmul_tests)

using namespace compute;

namespace {

core::Buffer<float> random_floats(std::size_t count, std::uint32_t step) {
    core::Buffer<float> values(count);
    core::RandomStream random({.seed = 3, .step = step});
    std::ranges::generate(values, [&] { return static_cast<float>(random.normal()); });
    return values;
}

struct Case {
    MatMulShape shape;
    Transpose a;
    Transpose b;
    Accumulate accumulate;
};

/// The products of a dense layer: forward, of its input's gradient and of its weights'.
const std::vector<Case> cases{{{256, 512, 300}, Transpose::no, Transpose::no, Accumulate::no},
                              {{128, 784, 512}, Transpose::no, Transpose::yes, Accumulate::yes},
                              {{784, 512, 128}, Transpose::yes, Transpose::no, Accumulate::no},
                              {{1000, 70, 90}, Transpose::no, Transpose::no, Accumulate::no},
                              {{37, 1100, 61}, Transpose::yes, Transpose::yes, Accumulate::yes}};

Operand factor(std::size_t rows, std::size_t columns, Transpose transpose) {
    return {(transpose == Transpose::yes ? rows : columns) + 16, transpose};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_team_gives_the_bits_of_one) {
    compute::PreparedPool pool;
    std::size_t divided = 0;
    for (const std::size_t threads : {2U, 3U, 5U}) {
        pool.resize(threads);
        for (const Case& given : cases) {
            const auto [m, n, k] = given.shape;
            const Operand a = factor(m, k, given.a);
            const Operand b = factor(k, n, given.b);
            const std::size_t stride = n + 16;
            const auto values_a = random_floats(std::max(m, k) * (a.stride + 1), 1);
            const auto values_b = random_floats(std::max(n, k) * (b.stride + 1), 2);
            core::Buffer<float> expected = random_floats(m * stride, 3);
            core::Buffer<float> found = expected;
            core::Buffer<float> by_rows = expected;
            MatMul(given.shape, a, b, stride, given.accumulate)(values_a.data(), values_b.data(), expected.data());
            const ParallelMatMul product(&pool, given.shape, a, b, stride, given.accumulate);
            product(values_a.data(), values_b.data(), found.data());
            BOOST_TEST((found == expected));
            divided += product.is_divided() ? 1 : 0;
            const ParallelMatMul rows(&pool, given.shape, a, b, stride, given.accumulate, Precision::f32,
                                      ParallelMatMul::Along::rows);
            std::size_t end = 0;
            for (std::size_t who = 0; who < threads; ++who) {
                const core::Part part = rows.rows_of(who);
                if (part.begin == part.end) continue;
                BOOST_TEST(part.begin == end);
                end = part.end;
            }
            BOOST_TEST(end == m);
            pool.run([&](std::size_t who) { rows.run(who, values_a.data(), values_b.data(), by_rows.data()); });
            BOOST_TEST((by_rows == expected));
        }
    }
    BOOST_TEST_MESSAGE(divided << " of " << 3 * cases.size() << " products are divided");
    BOOST_TEST(divided > 0U);
}

BOOST_AUTO_TEST_CASE(small_products_and_teams_of_one_stay_whole) {
    compute::PreparedPool pool;
    const Operand plain{512, Transpose::no};
    BOOST_TEST(!ParallelMatMul(&pool, {256, 512, 512}, plain, plain, 512, Accumulate::no).is_divided());
    BOOST_TEST(!ParallelMatMul(nullptr, {256, 512, 512}, plain, plain, 512, Accumulate::no).is_divided());
    pool.resize(2);
    BOOST_TEST(!ParallelMatMul(&pool, {10, 10, 512}, plain, plain, 512, Accumulate::no).is_divided());
}

BOOST_AUTO_TEST_SUITE_END()
