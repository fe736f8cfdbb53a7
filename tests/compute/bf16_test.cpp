#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "bf16.hpp"
#include "compute/convolution.hpp"
#include "compute/matmul.hpp"
#include "core/buffer.hpp"
#include "core/contract.hpp"
#include "core/random.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(bf16_tests)

using compute::Bfloat16;
using compute::Precision;

namespace {

core::Buffer<float> noise(std::size_t size, std::uint64_t seed) {
    core::RandomStream random({.seed = seed});
    core::Buffer<float> values(size);
    for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
    return values;
}

core::Buffer<Bfloat16> narrow_copy(const core::Buffer<float>& values) {
    core::Buffer<Bfloat16> copy(values.size());
    compute::narrow(values, copy);
    return copy;
}

/// A sum of products as it should be, as it should be of the narrowed factors, and the sum of its terms' sizes.
struct Sum {
    double exact = 0;
    double of_narrow = 0;
    double size = 0;
    double terms = 0;

    void add(float a, float b) {
        exact += double{a} * b;
        of_narrow += double{widened(compute::narrowed(a))} * widened(compute::narrowed(b));
        size += std::abs(double{a} * b);
        ++terms;
    }

    /// Each factor is wrong by 2⁻⁸ at most, each of the additions in single precision by 2⁻²⁴; a bias, beside.
    [[nodiscard]] double bound() const { return (std::ldexp(1, -7) + std::ldexp(1, -16)) * size + sums_bound(); }
    [[nodiscard]] double sums_bound() const { return (terms + 1) * std::ldexp(1, -24) * (size * 1.01 + 1); }
};

void check_product(const compute::MatMulShape& shape, compute::Transpose turn_a, compute::Transpose turn_b,
                   compute::Accumulate accumulate) {
    using compute::Transpose;
    const compute::Operand a{(turn_a == Transpose::yes ? shape.m : shape.k) + 5, turn_a};
    const compute::Operand b{(turn_b == Transpose::yes ? shape.k : shape.n) + 3, turn_b};
    const auto values_a = noise((shape.m + shape.k) * a.stride, 1);
    const auto values_b = noise((shape.n + shape.k) * b.stride, 2);
    const std::size_t stride = shape.n + 7;
    const auto before = noise(shape.m * stride, 3);
    auto c = before;
    const compute::MatMul product(shape, a, b, stride, accumulate, Precision::bf16);
    product(narrow_copy(values_a).data(), narrow_copy(values_b).data(), c.data());
    const auto element = [](const core::Buffer<float>& matrix, compute::Operand factor, std::size_t i, std::size_t j) {
        return factor.transpose == Transpose::yes ? matrix[j * factor.stride + i] : matrix[i * factor.stride + j];
    };
    for (std::size_t i = 0; i < shape.m; ++i) {
        for (std::size_t j = 0; j < stride; ++j) {
            const double was = before[i * stride + j];
            const double is = c[i * stride + j];
            if (j >= shape.n) {
                BOOST_TEST_REQUIRE(is == was);
                continue;
            }
            Sum sum;
            for (std::size_t k = 0; k < shape.k; ++k) sum.add(element(values_a, a, i, k), element(values_b, b, k, j));
            const double base = accumulate == compute::Accumulate::yes ? was : 0;
            BOOST_TEST_REQUIRE(std::abs(is - base - sum.exact) <= sum.bound(), i << ", " << j);
            BOOST_TEST_REQUIRE(std::abs(is - base - sum.of_narrow) <= sum.sums_bound(), i << ", " << j);
        }
    }
}

/// A convolution on plain images, element by element.
struct Convolved {
    compute::ConvolutionShape shape;
    compute::ConvolutionOrder order;
    compute::Images plain_in;
    compute::Images plain_out;
    core::Buffer<float> x;
    core::Buffer<float> w;
    core::Buffer<float> bias;
    core::Buffer<float> dy;

    explicit Convolved(const compute::ConvolutionShape& s, compute::Method method = compute::Method::fastest)
        : shape(s),
          order(compute::fastest_order(s, compute::Derivatives::of_weights_and_input, Precision::bf16)),
          plain_in(order.in),
          plain_out(order.out),
          x(noise(order.in.elements(), 1)),
          w(noise(s.window.area() * s.channels_in * s.weight_stride, 2)),
          bias(noise(s.channels_out, 3)),
          dy(noise(order.out.elements(), 4)) {
        plain_in.block = plain_in.channels;
        plain_out.block = plain_out.channels;
        if (method == compute::Method::library) order = {plain_in, plain_out};
    }

    [[nodiscard]] std::size_t w_at(std::size_t i, std::size_t j, std::size_t c, std::size_t o) const {
        return ((i * shape.window.vertical.size + j) * shape.channels_in + c) * shape.weight_stride + o;
    }

    /// Calls use(place in x, place in w, place in y) for every product of the definition.
    template <class Use>
    void for_products(Use use) const {
        const std::size_t above = shape.window.vertical.before(shape.height);
        const std::size_t left = shape.window.horizontal.before(shape.width);
        const std::size_t size = shape.window.vertical.size;
        for (std::size_t n = 0; n < shape.count; ++n)
            for (std::size_t at = 0; at < plain_out.pixels() * size * size; ++at) {
                const std::size_t pixel = at / (size * size);
                const std::size_t i = at / size % size;
                const std::size_t j = at % size;
                const std::size_t row = pixel / plain_out.width * shape.window.vertical.stride + i;
                const std::size_t column = pixel % plain_out.width * shape.window.vertical.stride + j;
                if (row < above || column < left || row - above >= shape.height || column - left >= shape.width)
                    continue;
                const std::size_t from = (n * shape.height + row - above) * shape.width + column - left;
                for (std::size_t c = 0; c < shape.channels_in; ++c)
                    for (std::size_t o = 0; o < shape.channels_out; ++o)
                        use(from * shape.channels_in + c, w_at(i, j, c, o),
                            (n * plain_out.pixels() + pixel) * shape.channels_out + o);
            }
    }

    [[nodiscard]] core::Buffer<float> ordered(const core::Buffer<float>& plain, const compute::Images& from,
                                              const compute::Images& to) const {
        core::Buffer<float> copy(plain.size());
        compute::reorder(from, plain.data(), to, copy.data());
        return copy;
    }
};

void check_near(const std::vector<Sum>& expected, const core::Buffer<float>& found, bool multiplied_in_bf16,
                const std::string& what) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const Sum& sum = expected[i];
        if (sum.terms == 0) continue;
        BOOST_TEST_REQUIRE(std::abs(found[i] - sum.exact) <= sum.bound(),
                           what << " " << i << ": " << found[i] << " instead of " << sum.exact);
        if (multiplied_in_bf16) BOOST_TEST_REQUIRE(std::abs(found[i] - sum.of_narrow) <= sum.sums_bound(), what << i);
    }
}

/// All three directions against the definition. `fits`: the forward one is to multiply in bf16 where the processor
/// does. By Method::library pixel by pixel, as where there is AMX.
void check_convolution(const compute::ConvolutionShape& shape, bool fits,
                       compute::Method method = compute::Method::fastest) {
    const bool narrow = fits && compute::multiplies_bf16();
    const Convolved t(shape, method);
    compute::Convolution convolution(t.shape, t.order, compute::Derivatives::of_weights_and_input, Precision::bf16,
                                     nullptr, method);
    const std::string name = convolution.kernels();
    const std::string forward = name.substr(0, name.find(','));
    BOOST_TEST((forward.find("bf16") != std::string::npos) == narrow, name);
    std::vector<Sum> y(t.dy.size());
    std::vector<Sum> dx(t.x.size());
    std::vector<Sum> dw(t.w.size());
    t.for_products([&](std::size_t in, std::size_t w, std::size_t out) {
        y[out].add(t.x[in], t.w[w]);
        dx[in].add(t.dy[out], t.w[w]);
        dw[w].add(t.x[in], t.dy[out]);
    });
    const auto x = t.ordered(t.x, t.plain_in, t.order.in);
    const auto dy = t.ordered(t.dy, t.plain_out, t.order.out);
    core::Buffer<float> found_y(y.size());
    core::Buffer<float> found_dx(dx.size());
    core::Buffer<float> found_dw(dw.size());
    core::Buffer<float> found_db(shape.channels_out);
    convolution.set_weights(t.w.data());
    convolution.forward(x.data(), t.bias.data(), found_y.data());
    convolution.backward_input(dy.data(), found_dx.data());
    convolution.backward_weights(x.data(), dy.data(), found_dw.data(), found_db.data());

    found_y = t.ordered(found_y, t.order.out, t.plain_out);
    for (std::size_t i = 0; i < found_y.size(); ++i) found_y[i] -= t.bias[i % shape.channels_out];
    check_near(y, found_y, narrow, "y");
    check_near(dx, t.ordered(found_dx, t.order.in, t.plain_in), false, "dx");
    check_near(dw, found_dw, false, "dW");
    std::vector<Sum> db(shape.channels_out);
    for (std::size_t i = 0; i < t.dy.size(); ++i) db[i % shape.channels_out].add(t.dy[i], 1.0F);
    check_near(db, found_db, false, "db");
}

}  // namespace

BOOST_AUTO_TEST_CASE(products_agree_with_the_definition, *boost::unit_test::precondition(has_bf16)) {
    using compute::Accumulate;
    using compute::MatMulShape;
    using compute::Transpose;
    for (const auto& shape : {MatMulShape{1, 1, 1}, MatMulShape{3, 5, 7}, MatMulShape{32, 10, 64},
                              MatMulShape{100, 50, 13}, MatMulShape{65, 129, 130}}) {
        for (const Transpose turn_a : {Transpose::no, Transpose::yes}) {
            for (const Transpose turn_b : {Transpose::no, Transpose::yes}) {
                for (const Accumulate accumulate : {Accumulate::no, Accumulate::yes})
                    check_product(shape, turn_a, turn_b, accumulate);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(products_refuse_factors_of_another_precision, *boost::unit_test::precondition(has_bf16)) {
    const core::Buffer<float> wide(16, 1.0F);
    const auto narrow = narrow_copy(wide);
    core::Buffer<float> c(16);
    using enum compute::Transpose;
    const compute::MatMul in_f32({4, 4, 4}, {4, no}, {4, no}, 4, compute::Accumulate::no);
    const compute::MatMul in_bf16({4, 4, 4}, {4, no}, {4, no}, 4, compute::Accumulate::no, Precision::bf16);
    BOOST_CHECK_THROW(in_f32(narrow.data(), narrow.data(), c.data()), core::ContractViolation);
    BOOST_CHECK_THROW(in_bf16(wide.data(), wide.data(), c.data()), core::ContractViolation);
}

// On other processors they fall back to single precision.
BOOST_AUTO_TEST_CASE(convolutions_agree_with_the_definition) {
    using enum compute::Padding;
    const auto shape = [](std::size_t size, std::size_t in, std::size_t out, compute::Window window) {
        return compute::ConvolutionShape{.count = 2,
                                         .height = size,
                                         .width = size + 1,
                                         .channels_in = in,
                                         .channels_out = out,
                                         .window = window,
                                         .weight_stride = core::row_stride(out)};
    };
    check_convolution(shape(9, 32, 16, {5, 1, same}), true);  // in blocks, every direction in bf16
    check_convolution(shape(9, 32, 48, {3, 2, same}), true);
    check_convolution(shape(6, 16, 32, {2, 1, same}), true);
    check_convolution(shape(11, 16, 16, {3, 2, valid}), true);
    check_convolution(shape(7, 16, 16, {1, 1, same}), true);
    check_convolution(shape(8, 1, 16, {5, 1, same}), false);                // bound by memory, but for dx
    check_convolution(shape(8, 3, 20, {3, 1, same}), true);                 // pixel by pixel
    check_convolution(shape(9, 32, 16, {3, 1, same}), compute::has_amx());  // else faster in single precision
    check_convolution(shape(7, 64, 64, {3, 1, valid}), compute::has_amx());
    check_convolution(shape(9, 32, 16, {3, 1, same}), true, compute::Method::library);
    check_convolution(shape(7, 64, 64, {3, 1, valid}), true, compute::Method::library);
    check_convolution(shape(8, 1, 32, {3, 1, same}), false, compute::Method::library);
}

BOOST_AUTO_TEST_CASE(the_same_convolution_gives_the_same_bits) {
    const Convolved t({.count = 3,
                       .height = 9,
                       .width = 9,
                       .channels_in = 16,
                       .channels_out = 32,
                       .window = compute::Window{5, 1, compute::Padding::same},
                       .weight_stride = 32});
    core::Buffer<float> first(t.dy.size());
    core::Buffer<float> second(t.dy.size());
    for (auto* y : {&first, &second}) {
        compute::Convolution convolution(t.shape, t.order, compute::Derivatives::none, Precision::bf16);
        convolution.set_weights(t.w.data());
        convolution.forward(t.x.data(), t.bias.data(), y->data());
    }
    BOOST_TEST((first == second));
}

BOOST_AUTO_TEST_SUITE_END()
