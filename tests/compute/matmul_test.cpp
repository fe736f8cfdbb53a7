#include "compute/matmul.hpp"

#include <cmath>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(matmul_tests)

using compute::Accumulate;
using compute::MatMul;
using compute::Operand;
using compute::Transpose;

namespace {

core::Buffer<float> noise(std::size_t size, std::uint64_t seed) {
    core::RandomStream random({.seed = seed});
    core::Buffer<float> values(size);
    for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
    return values;
}

double element(const core::Buffer<float>& matrix, Operand factor, std::size_t row, std::size_t column) {
    return factor.transpose == Transpose::yes ? matrix[column * factor.stride + row]
                                              : matrix[row * factor.stride + column];
}

void check(const compute::MatMulShape& shape, Transpose turn_a, Transpose turn_b, Accumulate accumulate) {
    const Operand a{(turn_a == Transpose::yes ? shape.m : shape.k) + 5, turn_a};
    const Operand b{(turn_b == Transpose::yes ? shape.k : shape.n) + 3, turn_b};
    const std::size_t stride = shape.n + 7;
    const auto values_a = noise((shape.m + shape.k) * a.stride, 1);
    const auto values_b = noise((shape.n + shape.k) * b.stride, 2);
    const auto before = noise(shape.m * stride, 3);
    auto c = before;
    const MatMul product(shape, a, b, stride, accumulate);
    product(values_a.data(), values_b.data(), c.data());
    for (std::size_t row = 0; row < shape.m; ++row) {
        for (std::size_t column = 0; column < stride; ++column) {
            double expected = before[row * stride + column];
            if (column < shape.n) {
                if (accumulate == Accumulate::no) expected = 0;
                for (std::size_t k = 0; k < shape.k; ++k) {
                    expected += element(values_a, a, row, k) * element(values_b, b, k, column);
                }
            }
            BOOST_TEST_REQUIRE(
                std::abs(c[row * stride + column] - expected) < 1e-5 * std::sqrt(double(shape.k)) * 4,
                "element " << row << ", " << column << ": " << c[row * stride + column] << " instead of " << expected);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(agrees_with_the_definition_and_leaves_the_rest_alone) {
    for (const auto& shape :
         {compute::MatMulShape{1, 1, 1}, compute::MatMulShape{3, 5, 7}, compute::MatMulShape{32, 10, 64},
          compute::MatMulShape{100, 50, 13}, compute::MatMulShape{65, 129, 130}}) {
        for (const Transpose turn_a : {Transpose::no, Transpose::yes}) {
            for (const Transpose turn_b : {Transpose::no, Transpose::yes}) {
                for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes})
                    check(shape, turn_a, turn_b, accumulate);
            }
        }
    }
}

// Extents around those of registers, and every way a small product is computed.
BOOST_AUTO_TEST_CASE(small_products_of_every_extent) {
    for (const std::size_t n : {1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 31, 33, 48, 50, 64, 65, 79, 80, 81, 100}) {
        for (const auto& [m, k] : {std::pair{1, 1}, {5, 17}, {16, 64}, {33, 40}, {23, 81}}) {
            const compute::MatMulShape shape{static_cast<std::size_t>(m), n, static_cast<std::size_t>(k)};
            for (const Transpose turn_a : {Transpose::no, Transpose::yes}) {
                for (const Transpose turn_b : {Transpose::no, Transpose::yes}) {
                    for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes})
                        check(shape, turn_a, turn_b, accumulate);
                }
            }
        }
    }
    const MatMul product({100, 50, 13}, {16, Transpose::no}, {64, Transpose::no}, 64, Accumulate::no);
    BOOST_TEST(product.kernel() == std::string("small"));
}

// What a row becomes must not depend on the company it is computed in. Columns that fill one register are a case of
// their own for compilers, which may then take several k at a time.
BOOST_AUTO_TEST_CASE(rows_of_small_products_have_their_own_bits) {
    constexpr std::size_t many = 37;
    const auto check_rows = [](std::size_t columns, std::size_t depth, Transpose turn_a, Transpose turn_b,
                               Accumulate accumulate) {
        const bool turned = turn_a == Transpose::yes;
        const Operand a{turned ? many : depth, turn_a};
        const Operand b{turn_b == Transpose::yes ? depth : columns, turn_b};
        const auto values_a = noise(many * depth, 1);
        const auto values_b = noise(columns * depth, 2);
        core::Buffer<float> together = noise(many * columns, 3);
        core::Buffer<float> alone = together;
        MatMul({many, columns, depth}, a, b, columns, accumulate)(values_a.data(), values_b.data(), together.data());
        const MatMul one({1, columns, depth}, a, b, columns, accumulate);
        for (std::size_t row = 0; row < many; ++row)
            one(values_a.data() + row * (turned ? 1 : depth), values_b.data(), alone.data() + row * columns);
        BOOST_TEST((together == alone), columns << " columns, " << depth << " deep");
    };
    for (const auto& [n, k] : {std::pair{1, 50},
                               {2, 23},
                               {2, 100},
                               {4, 17},
                               {7, 31},
                               {8, 64},
                               {10, 512},
                               {10, 64},
                               {16, 40},
                               {50, 13},
                               {64, 128}}) {
        for (const Transpose turn_a : {Transpose::no, Transpose::yes}) {
            for (const Transpose turn_b : {Transpose::no, Transpose::yes}) {
                for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes}) {
                    check_rows(static_cast<std::size_t>(n), static_cast<std::size_t>(k), turn_a, turn_b, accumulate);
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(replacing_ignores_what_was_there) {
    const core::Buffer<float> one(64, 1.0F);
    core::Buffer<float> c(64, std::nanf(""));
    MatMul({4, 4, 4}, {16, Transpose::no}, {16, Transpose::no}, 16, Accumulate::no)(one.data(), one.data(), c.data());
    BOOST_TEST(c[0] == 4.0F);
    BOOST_TEST(c[51] == 4.0F);
}

BOOST_AUTO_TEST_CASE(the_same_product_gives_the_same_bits) {
    const auto a = noise(100 * 784, 4);
    const auto b = noise(784 * 48, 5);
    core::Buffer<float> first(100 * 48);
    core::Buffer<float> second(100 * 48);
    MatMul({100, 48, 784}, {784, Transpose::no}, {48, Transpose::no}, 48, Accumulate::no)(a.data(), b.data(),
                                                                                          first.data());
    MatMul({100, 48, 784}, {784, Transpose::no}, {48, Transpose::no}, 48, Accumulate::no)(a.data(), b.data(),
                                                                                          second.data());
    BOOST_TEST((first == second));
}

BOOST_AUTO_TEST_CASE(refuses_shapes_that_cannot_be) {
    BOOST_CHECK_THROW(MatMul({0, 1, 1}, {1, Transpose::no}, {1, Transpose::no}, 1, Accumulate::no),
                      core::ContractViolation);
    BOOST_CHECK_THROW(MatMul({2, 3, 4}, {3, Transpose::no}, {3, Transpose::no}, 3, Accumulate::no),
                      core::ContractViolation);
    BOOST_CHECK_THROW(MatMul({2, 3, 4}, {4, Transpose::no}, {3, Transpose::yes}, 3, Accumulate::no),
                      core::ContractViolation);
    BOOST_CHECK_THROW(MatMul({2, 3, 4}, {4, Transpose::no}, {3, Transpose::no}, 2, Accumulate::no),
                      core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
