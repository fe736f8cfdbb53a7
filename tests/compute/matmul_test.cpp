#include "compute/matmul.hpp"

#include <cmath>

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
