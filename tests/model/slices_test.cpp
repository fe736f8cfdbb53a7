// Convolutions that are pooled slice by slice, against the same network with both steps apart; and programs whose
// operations take turns at slices of the batch.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/prepared_pool.hpp"
#include "model/gradient.hpp"
#include "model/image_operations.hpp"
#include "model/row_operation.hpp"
#include "model/slices.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(slices_tests)

namespace {

using testing::Bench;

/// dropout(0) changes nothing, but stands between convolution and pooling.
void check_slices(const std::string& before, const std::string& convolution, const std::string& pool, std::size_t batch,
                  const core::Shape& input) {
    const std::string after = " relu flatten dense(5)";
    Bench fused(before + convolution + pool + after, batch, input);
    Bench apart(before + convolution + "dropout(0) " + pool + after, batch, input);
    BOOST_TEST(fused.program.bytes() < apart.program.bytes(), "nothing is fused");
    fused.differentiate();
    apart.differentiate();
    const auto y = fused.program.output();
    const auto expected = apart.program.output();
    for (std::size_t row = 0; row < y.count; ++row)
        BOOST_TEST_REQUIRE(std::ranges::equal(y[row], expected[row]), "output of row " << row);
    // Sums over tens of thousands of pixels, in another order.
    double scale = 0;
    double worst = 0;
    for (std::size_t i = 0; i < apart.gradients.size(); ++i) {
        scale = std::max(scale, std::abs(double(apart.gradients[i])));
        worst = std::max(worst, std::abs(double(fused.gradients[i]) - double(apart.gradients[i])));
    }
    BOOST_TEST(scale > 1e-3);
    BOOST_TEST(worst < 3e-5 * scale, worst << " of " << scale);
}

}  // namespace

BOOST_AUTO_TEST_CASE(slices_give_what_the_whole_batch_gives) {
    check_slices("", "conv(32, 3) ", "maxpool(2)", 48, {28, 28});
    check_slices("conv(16, 3) relu ", "conv(32, 3) ", "maxpool(2)", 48, {28, 28});
    check_slices("", "conv(20, 5, valid) ", "maxpool(3, 2)", 72, {32, 32, 3});
    check_slices("skip[ conv(16, 3) ] ", "conv(32, 3) relu ", "maxpool(2)", 45, {29, 27, 16});
}

BOOST_AUTO_TEST_CASE(slices_divide_the_batch) {
    const auto slice = [](std::size_t count, std::size_t channels) {
        return model::ConvolveAndPool::slice_of(
            {.count = count, .height = 28, .width = 28, .channels = channels, .block = 16});
    };
    BOOST_TEST(slice(100, 32) == 5U);
    BOOST_TEST(slice(128, 32) == 4U);
    BOOST_TEST(slice(97, 32) == 0U);   // a prime
    BOOST_TEST(slice(30, 32) == 0U);   // small enough as it is
    BOOST_TEST(slice(64, 256) == 0U);  // not two to a slice
}

namespace {

using Calls = std::vector<std::string>;
using Tensors = std::vector<const model::Tensor*>;

/// Writes down when it is called: "name", and the first row where it is called for some.
class Whole final : public model::Operation {
public:
    Whole(std::string name, Calls& calls, Tensors inputs = {})
        : name_(std::move(name)), calls_(calls), inputs_(std::move(inputs)) {}
    void forward(const float*, const model::Pass&) override { calls_.push_back(name_); }
    void backward(const float*, float*, const model::GradientReady&) override { calls_.push_back(name_); }
    [[nodiscard]] Tensors inputs() const override { return inputs_; }

private:
    std::string name_;
    Calls& calls_;
    Tensors inputs_;
};

class ByRows final : public model::RowOperation {
public:
    ByRows(const model::Tensor& tensor, std::string name, Calls& calls, bool sums_forward = false,
           bool sums_backward = false, Tensors gradients = {})
        : RowOperation(tensor),
          name_(std::move(name)),
          calls_(calls),
          sums_forward_(sums_forward),
          sums_backward_(sums_backward),
          gradients_(std::move(gradients)) {}
    [[nodiscard]] Tensors gradients_by_rows() const override { return gradients_; }
    [[nodiscard]] bool sums_forward() const noexcept override { return sums_forward_; }
    [[nodiscard]] bool sums_backward() const noexcept override { return sums_backward_; }
    void forward_rows(const float*, const model::Pass&, core::Part part) override { note(part); }
    void backward_rows(const float*, float*, const model::GradientReady&, core::Part part) override { note(part); }
    [[nodiscard]] Tensors inputs() const override { return {}; }

private:
    void note(core::Part part) {
        const bool all = part.begin == 0 && part.end == rows();
        calls_.push_back(all ? name_ : name_ + std::to_string(part.begin));
    }

    std::string name_;
    Calls& calls_;
    bool sums_forward_;
    bool sums_backward_;
    Tensors gradients_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(neighbours_take_turns_unless_one_sums_over_all_rows) {
    model::Tensor tensor;
    tensor.rows = 5;
    tensor.stride = 28 * 1024;  // two rows to a slice
    Calls calls;
    std::vector<std::unique_ptr<model::Operation>> operations;
    operations.push_back(std::make_unique<Whole>("a", calls));
    operations.push_back(std::make_unique<ByRows>(tensor, "b", calls));
    operations.push_back(std::make_unique<ByRows>(tensor, "c", calls, true));
    operations.push_back(std::make_unique<ByRows>(tensor, "d", calls, false, true));
    operations.push_back(std::make_unique<ByRows>(tensor, "e", calls));
    operations.push_back(std::make_unique<Whole>("f", calls));
    operations.push_back(std::make_unique<ByRows>(tensor, "g", calls));
    const model::Slices slices(operations);
    slices.forward(nullptr, {});
    BOOST_TEST(calls == (Calls{"a", "b0", "c0", "b2", "c2", "b4", "c4", "d0", "e0", "d2", "e2", "d4", "e4", "f", "g"}),
               boost::test_tools::per_element());
    calls.clear();
    slices.backward(nullptr, nullptr, {});
    BOOST_TEST(calls == (Calls{"g", "f", "e0", "d0", "e2", "d2", "e4", "d4", "c0", "b0", "c2", "b2", "c4", "b4", "a"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(gradients_inside_a_run_are_there_for_a_slice) {
    std::vector<model::Tensor> tensors(5);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        tensors[i].rows = 5;
        tensors[i].stride = 28 * 1024;
        tensors[i].born = i;
    }
    const auto some = [&](std::vector<std::size_t> numbers) {
        Tensors chosen;
        for (const std::size_t number : numbers) chosen.push_back(&tensors[number]);
        return chosen;
    };
    Calls calls;
    std::vector<std::unique_ptr<model::Operation>> operations;
    operations.push_back(std::make_unique<Whole>("a", calls));
    operations.push_back(std::make_unique<ByRows>(tensors[1], "b", calls, false, false, some({0, 1})));
    operations.push_back(std::make_unique<ByRows>(tensors[2], "c", calls, false, false, some({1, 2})));
    operations.push_back(std::make_unique<ByRows>(tensors[3], "d", calls, false, true, some({2, 3})));
    operations.push_back(std::make_unique<ByRows>(tensors[4], "e", calls, false, false, some({3, 4})));
    operations.push_back(std::make_unique<Whole>("f", calls, some({4})));
    const model::Slices slices(operations);
    BOOST_TEST(slices.rows_of_gradient(tensors[0]) == 0U);  // made by one that knows no slices
    BOOST_TEST(slices.rows_of_gradient(tensors[1]) == 2U);
    BOOST_TEST(slices.rows_of_gradient(tensors[2]) == 0U);  // d waits for all rows before c begins
    BOOST_TEST(slices.rows_of_gradient(tensors[3]) == 2U);
    BOOST_TEST(slices.rows_of_gradient(tensors[4]) == 0U);  // f has all rows at once
}

BOOST_AUTO_TEST_CASE(a_batch_that_fits_the_cache_is_not_sliced) {
    model::Tensor tensor;
    tensor.rows = 2;
    tensor.stride = 28 * 1024;
    Calls calls;
    std::vector<std::unique_ptr<model::Operation>> operations;
    operations.push_back(std::make_unique<ByRows>(tensor, "a", calls));
    operations.push_back(std::make_unique<ByRows>(tensor, "b", calls));
    model::Slices(operations).forward(nullptr, {});
    BOOST_TEST(calls == (Calls{"a", "b"}), boost::test_tools::per_element());
}

namespace {

/// Against the same program shared by two threads, which has no slices.
void check_turns(const std::string& text, const core::Shape& input, std::span<const std::size_t> lengths = {}) {
    constexpr std::size_t rows = 9;
    constexpr auto purpose = testing::Program::Purpose::training;
    compute::PreparedPool pool;
    pool.resize(2);
    Bench sliced(text, rows, input, purpose, lengths);
    Bench whole(text, rows, input, purpose, lengths);
    whole.program = testing::Program(whole.network, rows, purpose, compute::Precision::f32, &pool);
    for (std::size_t row = 0; row < rows; ++row)
        std::ranges::copy(sliced.program.input()[row], whole.program.input()[row].begin());
    sliced.differentiate();
    whole.differentiate();
    for (std::size_t row = 0; row < rows; ++row)
        BOOST_TEST_REQUIRE(std::ranges::equal(sliced.program.output()[row], whole.program.output()[row]));
    BOOST_TEST(sliced.statistics == whole.statistics, boost::test_tools::per_element());
    BOOST_TEST((sliced.gradients == whole.gradients));
}

}  // namespace

BOOST_AUTO_TEST_CASE(turns_at_slices_change_no_bit) {
    check_turns(
        "conv(16, 3) batchnorm relu repeat(2)[ skip[ conv(16, 3) batchnorm relu conv(16, 3) batchnorm ] relu ] "
        "skip[ batchnorm relu conv(32, 3) ] skip[ batchnorm conv(32, 3, 2) relu conv(64, 3) ] avgpool",
        {28, 28});
    check_turns("conv(16, 3) conv(32, 3) relu maxpool(2) split[ conv(16, 3) maxpool(2) | maxpool(3, 2) ] avgpool",
                {30, 29});
    const std::vector<std::size_t> lengths{300, 7, 1, 200};
    check_turns("conv1d(64, 3) batchnorm batchnorm relu maxpool1d(2) skip[ batchnorm batchnorm ] avgpool", {300, 2},
                lengths);
}

// Gradients that are added to another reader's, by convolutions and by normalisation.
BOOST_AUTO_TEST_CASE(gradients_that_are_added_in_place) {
    testing::check_gradient("conv(16, 3) skip[ conv(16, 3) tanh ] skip[ batchnorm conv(16, 3) ] avgpool", {6, 5, 2});
}

BOOST_AUTO_TEST_SUITE_END()
