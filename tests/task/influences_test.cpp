#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"
#include "task/score.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(influences_tests)

namespace {

constexpr std::size_t rows = 40;
constexpr std::size_t copies = 200;

/// Rows with their truth, each so many times.
struct Sample {
    const task::Task& task;
    std::size_t targets;
    std::vector<float> predictions = {};
    std::vector<std::int32_t> labels = {};
    std::vector<float> numbers = {};

    [[nodiscard]] std::size_t width() const { return task.predicted_width(targets); }

    void add(const Sample& from, std::size_t row, std::size_t times) {
        for (std::size_t i = 0; i < times; ++i) {
            const auto own = std::span(from.predictions).subspan(row * width(), width());
            predictions.insert(predictions.end(), own.begin(), own.end());
            if (!from.labels.empty()) labels.push_back(from.labels[row]);
            if (!from.numbers.empty()) numbers.push_back(from.numbers[row]);
        }
    }

    /// of(what the metric reads).
    template <class Of>
    auto read(const Of& of) const {
        std::vector<std::int32_t> chosen;
        if (!labels.empty()) chosen = task::most_probable(predictions, width());
        const task::Truth truth =
            labels.empty() ? task::Truth{.numbers = numbers, .targets = 1} : task::Truth{.labels = labels};
        const task::Predicted predicted{.task = task, .targets = targets, .predictions = predictions, .chosen = chosen};
        return of(predicted.answers(0, truth));
    }
};

Sample classes(std::size_t count) {
    core::RandomStream random({.seed = 5});
    Sample sample{.task = task::standard_task(task::Kind::classification), .targets = count};
    for (std::size_t row = 0; row < rows; ++row) {
        const std::uint32_t label = random.below(static_cast<std::uint32_t>(count));
        sample.labels.push_back(static_cast<std::int32_t>(label));
        double sum = 0;
        std::vector<double> weights(count);
        for (std::size_t c = 0; c < count; ++c) sum += weights[c] = random.uniform() + (c == label ? 0.5 : 0);
        for (const double weight : weights) sample.predictions.push_back(static_cast<float>(weight / sum));
    }
    // Some rows are as sure of a class as others.
    for (std::size_t i = 0; i < 5 * count; ++i) sample.predictions[5 * count + i] = sample.predictions[i];
    return sample;
}

Sample numbers() {
    core::RandomStream random({.seed = 6});
    Sample sample{.task = task::standard_task(task::Kind::regression), .targets = 1};
    for (std::size_t row = 0; row < rows; ++row) {
        sample.numbers.push_back(static_cast<float>(3 + 2 * random.normal()));
        sample.predictions.push_back(sample.numbers.back() + static_cast<float>(random.normal()));
        sample.predictions.push_back(1.0F);
    }
    return sample;
}

/// Of many copies of all rows one more copy of a row moves the metric by its influence over the rows' number.
void check(const Sample& sample, const task::Metric& metric) {
    const std::vector<double> influences =
        sample.read([&](const task::Answers& answers) { return metric.influences(answers).rows; });
    BOOST_TEST_REQUIRE(influences.size() == rows);
    BOOST_TEST(std::abs(std::accumulate(influences.begin(), influences.end(), 0.0)) < 1e-9);
    const double whole = sample.read([&](const task::Answers& answers) { return metric.of_all(answers); });
    BOOST_TEST(sample.read([&](const task::Answers& answers) { return metric.influences(answers).value; }) == whole);
    Sample many{.task = sample.task, .targets = sample.targets};
    for (std::size_t row = 0; row < rows; ++row) many.add(sample, row, copies);
    for (std::size_t row = 0; row < rows; row += 3) {
        Sample more = many;
        more.add(sample, row, 1);
        const double moved = more.read([&](const task::Answers& answers) { return metric.of_all(answers); });
        const double expected = influences[row] / (rows * copies + 1);
        BOOST_TEST(std::abs(moved - whole - expected) < 2e-3 / (rows * copies) + 0.01 * std::abs(expected),
                   metric.name << ", row " << row << ": " << moved - whole << " is not " << expected);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_row_that_counts_more_moves_a_metric_by_its_influence) {
    std::size_t tried = 0;
    for (const Sample& sample : {classes(2), classes(4), numbers()}) {
        for (const task::Metric& metric : sample.task.metrics()) {
            BOOST_TEST((metric.influences != nullptr) == (metric.of_all != nullptr), metric.name);
            if (metric.influences == nullptr) continue;
            check(sample, metric);
            ++tried;
        }
    }
    BOOST_TEST(tried == 9U);
}

BOOST_AUTO_TEST_CASE(where_a_metric_has_no_value_no_row_has_an_influence) {
    Sample one = classes(3);
    for (std::int32_t& label : one.labels) label = 1;
    Sample same = numbers();
    for (float& number : same.numbers) number = 2;
    for (const Sample& sample : {one, same}) {
        for (const task::Metric& metric : sample.task.metrics()) {
            if (metric.influences == nullptr) continue;
            const double whole = sample.read([&](const task::Answers& answers) { return metric.of_all(answers); });
            for (const double influence :
                 sample.read([&](const task::Answers& answers) { return metric.influences(answers).rows; }))
                BOOST_TEST(std::isnan(influence) == std::isnan(whole), metric.name);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
