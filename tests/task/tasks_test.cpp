#include <cmath>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/loss.hpp"
#include "core/random.hpp"
#include "task/task.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(tasks_tests)

namespace {

constexpr std::size_t rows = 5;
constexpr std::size_t targets = 3;

/// Random outputs and truths of a task.
struct Example {
    const task::Task& task;
    std::vector<float> outputs;
    std::vector<std::int32_t> labels;
    std::vector<float> numbers;
    std::vector<float> weights;

    explicit Example(const task::Task& given) : task(given) {
        core::RandomStream random({.seed = 4});
        for (std::size_t i = 0; i < rows * task.output_width(targets); ++i)
            outputs.push_back(static_cast<float>(random.uniform(-1.5, 1.5)));
        for (std::size_t row = 0; row < rows; ++row) labels.push_back(static_cast<std::int32_t>(row % targets));
        for (std::size_t i = 0; i < rows * targets; ++i) numbers.push_back(static_cast<float>(random.normal()));
    }

    [[nodiscard]] compute::Rows view(std::vector<float>& values) const {
        const std::size_t width = task.output_width(targets);
        return {values.data(), rows, width, width};
    }
    [[nodiscard]] task::Truth truth() const {
        if (task.kind == task::Kind::classification) return {.labels = labels, .weights = weights};
        return {.numbers = numbers, .targets = targets, .weights = weights};
    }
    [[nodiscard]] double loss() { return task.loss(view(outputs), truth(), nullptr, 0); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(every_gradient_agrees_with_differences) {
    for (const task::Task& task : task::tasks()) {
        for (const bool is_weighted : {false, true}) {
            Example example(task);
            if (is_weighted) example.weights = {0.25F, 0, 2, 1, 3};
            std::vector<float> slopes(example.outputs.size());
            const compute::Rows gradient = example.view(slopes);
            const double loss = task.loss(example.view(example.outputs), example.truth(), &gradient, 0);
            BOOST_TEST(std::abs(loss - example.loss()) < 1e-6, task.loss_name);
            for (std::size_t i = 0; i < slopes.size(); ++i) {
                constexpr float h = 1e-2F;
                const float middle = example.outputs[i];
                example.outputs[i] = middle + h;
                const double up = example.loss();
                example.outputs[i] = middle - h;
                const double slope = (up - example.loss()) / (2 * h) / rows;
                example.outputs[i] = middle;
                BOOST_TEST(std::abs(slopes[i] - slope) < 4e-4, task.loss_name << ", output " << i);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_weighted_loss_is_that_of_rows_that_come_so_often) {
    for (const task::Task& task : task::tasks()) {
        Example example(task);
        std::vector<double> alone;
        for (std::size_t row = 0; row < rows; ++row) {
            const std::size_t width = task.output_width(targets);
            const compute::Rows one{example.outputs.data() + row * width, 1, width, width};
            alone.push_back(task.loss(one, example.truth().part(row, 1), nullptr, 0));
        }
        example.weights = {3, 0, 1, 2, 1};
        const double expected = 3 * alone[0] + alone[2] + 2 * alone[3] + alone[4];
        BOOST_TEST(std::abs(example.loss() - expected) < 1e-9, task.loss_name);
        example.weights.assign(rows, 1.0F);
        const double ones = example.loss();
        example.weights.clear();
        BOOST_TEST(ones == example.loss());
    }
}

BOOST_AUTO_TEST_CASE(a_variance_is_positive_whatever_the_output) {
    for (const float output : {-1e30F, -200.0F, -20.0F, 0.0F, 20.0F, 200.0F, 1e30F}) {
        const float variance = compute::variance_of(output);
        BOOST_TEST(variance >= compute::least_variance);
        BOOST_TEST(std::isfinite(variance));
        if (output >= 20) BOOST_TEST(variance == output, boost::test_tools::tolerance(1e-6F));
    }
    BOOST_TEST(compute::variance_of(0) == std::log(2.0F) + 1e-6F, boost::test_tools::tolerance(1e-6F));
}

BOOST_AUTO_TEST_CASE(an_output_that_is_no_number_shows_in_the_loss) {
    for (const task::Task& task : task::tasks()) {
        Example example(task);
        example.outputs[1] = std::numeric_limits<float>::quiet_NaN();
        BOOST_TEST(!std::isfinite(example.loss()), task.loss_name);
    }
}

BOOST_AUTO_TEST_CASE(predictions_are_in_the_units_of_the_targets) {
    const task::Scale scale{.mean = {100, -5}, .deviation = {10, 0.5}};
    std::vector<float> outputs{1, 0, -2, 0};
    std::vector<float> predictions(4);
    task::standard_task(task::Kind::regression).predict({outputs.data(), 1, 4, 4}, scale, predictions);
    const float variance = compute::variance_of(0);
    BOOST_TEST(predictions[0] == 110.0F);
    BOOST_TEST(predictions[1] == 100 * variance, boost::test_tools::tolerance(1e-6F));
    BOOST_TEST(predictions[2] == -6.0F);
    BOOST_TEST(predictions[3] == 0.25F * variance, boost::test_tools::tolerance(1e-6F));
}

BOOST_AUTO_TEST_CASE(squared_error_takes_its_variance_from_the_validation_rows) {
    const task::Task& squared = *task::find_task(task::Kind::regression, "squared");
    std::vector<float> outputs{1, -2};
    std::vector<float> predictions(4);
    squared.predict({outputs.data(), 2, 1, 1}, {.mean = {10}, .deviation = {2}}, predictions);
    BOOST_TEST((predictions == std::vector<float>{12, 0, 6, 0}));
    const std::vector<float> validation{1, 0, 5, 0, 2, 0};
    const std::vector<float> numbers{2, 3, 4};  // errors 1, 2, 2
    squared.complete(validation, {.numbers = numbers}, predictions);
    BOOST_TEST((predictions == std::vector<float>{12, 3, 6, 3}));
    const std::vector<float> exact{2, 0, 3, 0, 4, 0};
    squared.complete(exact, {.numbers = numbers}, predictions);
    BOOST_TEST(predictions[1] > 0);
}

BOOST_AUTO_TEST_CASE(what_is_watched_is_the_first_metric) {
    std::vector<float> logits{0.1F, 0.9F, 2.0F, -1.0F, 0.5F, 0.5F};
    const std::vector<std::int32_t> labels{1, 1, 0};
    const task::Task& classes = task::standard_task(task::Kind::classification);
    std::vector<double> sums(1);
    classes.add_watched({logits.data(), 3, 2, 2}, {.labels = labels}, {}, sums);
    BOOST_TEST(classes.watched(sums, 3) == 2.0 / 3.0);  // the first of equals is class 0

    // Errors of 1 and 3 standardised units of 2, and of 0 and 1 of 10.
    std::vector<float> outputs{1, 7, 0, 7, 3, 7, 1, 7};
    const std::vector<float> numbers(4, 0.0F);
    const task::Task& regression = task::standard_task(task::Kind::regression);
    std::vector<double> squares(2);
    regression.add_watched({outputs.data(), 2, 4, 4}, {.numbers = numbers, .targets = 2},
                           {.mean = {0, 0}, .deviation = {2, 10}}, squares);
    const double expected = (std::sqrt((4.0 + 36.0) / 2) + std::sqrt(100.0 / 2)) / 2;
    BOOST_TEST(regression.watched(squares, 2) == expected, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(the_better_member_comes_first) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const task::Task& classes = task::standard_task(task::Kind::classification);
    BOOST_TEST((classes.order(0.5, 0.9) < classes.order(0.1, 0.8)));
    BOOST_TEST((classes.order(0.1, 0.9) < classes.order(0.5, 0.9)));
    BOOST_TEST((classes.order(9.0, 0.0) < classes.order(0.1, nan)));
    const task::Task& regression = task::standard_task(task::Kind::regression);
    BOOST_TEST((regression.order(-0.5, 9) < regression.order(0.1, 1)));
    BOOST_TEST((regression.order(0.1, 1) < regression.order(nan, 1)));
}

BOOST_AUTO_TEST_CASE(tasks_are_found_by_kind_and_loss) {
    BOOST_TEST(task::standard_task(task::Kind::regression).loss_name == "gaussian");
    BOOST_TEST(task::find_task(task::Kind::regression, "squared")->output_width(3) == 3U);
    BOOST_TEST(task::find_task(task::Kind::regression, "squared")->predicted_width(3) == 6U);
    BOOST_TEST(task::find_task(task::Kind::classification, "squared") == nullptr);
    for (const task::Task& task : task::tasks()) BOOST_TEST(task::find_task(task.kind, task.loss_name) == &task);
}

BOOST_AUTO_TEST_SUITE_END()
