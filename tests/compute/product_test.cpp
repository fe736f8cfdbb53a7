#include "compute/product.hpp"

#include <cmath>

#include <boost/test/unit_test.hpp>

#include "core/buffer.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(product_tests)

using compute::Factor;
using compute::Product;
using compute::Store;
using compute::Transpose;

namespace {

core::Buffer<float> noise(std::size_t size, std::uint64_t seed) {
    core::RandomStream random({.seed = seed});
    core::Buffer<float> values(size);
    for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
    return values;
}

double element(const core::Buffer<float>& matrix, Factor factor, std::size_t row, std::size_t column) {
    return factor.transpose == Transpose::yes ? matrix[column * factor.stride + row]
                                              : matrix[row * factor.stride + column];
}

void check(const compute::ProductShape& shape, Transpose turn_a, Transpose turn_b, Store store) {
    const Factor a{(turn_a == Transpose::yes ? shape.m : shape.k) + 5, turn_a};
    const Factor b{(turn_b == Transpose::yes ? shape.k : shape.n) + 3, turn_b};
    const std::size_t stride = shape.n + 7;
    const auto values_a = noise((shape.m + shape.k) * a.stride, 1);
    const auto values_b = noise((shape.n + shape.k) * b.stride, 2);
    const auto before = noise(shape.m * stride, 3);
    auto c = before;
    const Product product(shape, a, b, stride, store);
    product(values_a.data(), values_b.data(), c.data());
    for (std::size_t row = 0; row < shape.m; ++row) {
        for (std::size_t column = 0; column < stride; ++column) {
            double expected = before[row * stride + column];
            if (column < shape.n) {
                if (store == Store::replace) expected = 0;
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
         {compute::ProductShape{1, 1, 1}, compute::ProductShape{3, 5, 7}, compute::ProductShape{32, 10, 64},
          compute::ProductShape{100, 50, 13}, compute::ProductShape{65, 129, 130}}) {
        for (const Transpose turn_a : {Transpose::no, Transpose::yes}) {
            for (const Transpose turn_b : {Transpose::no, Transpose::yes}) {
                for (const Store store : {Store::replace, Store::add}) check(shape, turn_a, turn_b, store);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(replacing_ignores_what_was_there) {
    const core::Buffer<float> one(64, 1.0F);
    core::Buffer<float> c(64, std::nanf(""));
    Product({4, 4, 4}, {16, Transpose::no}, {16, Transpose::no}, 16, Store::replace)(one.data(), one.data(), c.data());
    BOOST_TEST(c[0] == 4.0F);
    BOOST_TEST(c[51] == 4.0F);
}

BOOST_AUTO_TEST_CASE(the_same_product_gives_the_same_bits) {
    const auto a = noise(100 * 784, 4);
    const auto b = noise(784 * 48, 5);
    core::Buffer<float> first(100 * 48);
    core::Buffer<float> second(100 * 48);
    Product({100, 48, 784}, {784, Transpose::no}, {48, Transpose::no}, 48, Store::replace)(a.data(), b.data(),
                                                                                           first.data());
    Product({100, 48, 784}, {784, Transpose::no}, {48, Transpose::no}, 48, Store::replace)(a.data(), b.data(),
                                                                                           second.data());
    BOOST_TEST((first == second));
}

BOOST_AUTO_TEST_CASE(refuses_shapes_that_cannot_be) {
    BOOST_CHECK_THROW(Product({0, 1, 1}, {1, Transpose::no}, {1, Transpose::no}, 1, Store::replace),
                      core::ContractViolation);
    BOOST_CHECK_THROW(Product({2, 3, 4}, {3, Transpose::no}, {3, Transpose::no}, 3, Store::replace),
                      core::ContractViolation);
    BOOST_CHECK_THROW(Product({2, 3, 4}, {4, Transpose::no}, {3, Transpose::yes}, 3, Store::replace),
                      core::ContractViolation);
    BOOST_CHECK_THROW(Product({2, 3, 4}, {4, Transpose::no}, {3, Transpose::no}, 2, Store::replace),
                      core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
