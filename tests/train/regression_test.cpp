#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"
#include "data/dataset.hpp"
#include "train/trainer.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(regression_tests)

namespace {

constexpr std::uint32_t rows = 1200;
constexpr std::uint32_t held_out = 200;

/// Two numbers of one feature x, in units of their own: a straight line of which the noise grows with |x|, and a square
/// with the same noise everywhere.
struct Lines {
    std::vector<float> x;
    std::vector<float> y;
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> validation;
    task::Scale scale{.mean = {5000, 0}, .deviation = {40, 0.002}};

    Lines() : train(rows - held_out), validation(held_out) {
        core::RandomStream random({.seed = 3});
        for (std::uint32_t row = 0; row < rows; ++row) {
            const double at = random.uniform(-1, 1);
            x.push_back(static_cast<float>(at));
            y.push_back(static_cast<float>(5000 + 60 * at + noise_at(at) * random.normal()));
            y.push_back(static_cast<float>(0.006 * (at * at - 1.0 / 3) + 0.0003 * random.normal()));
        }
        std::iota(train.begin(), train.end(), 0U);
        std::iota(validation.begin(), validation.end(), rows - held_out);
    }

    static double noise_at(double x) { return 2 + 10 * std::abs(x); }

    [[nodiscard]] data::Table table() const {
        return {
            {.task = task::Kind::regression, .element = data::Element::f32, .shape = {1}, .rows = rows, .outputs = 2},
            {.owner = nullptr, .bytes = std::as_bytes(std::span(x))},
            {.owner = nullptr, .bytes = std::as_bytes(std::span(y))}};
    }
};

struct Trained {
    train::MemberState state;
    std::vector<float> predictions;  ///< of the validation rows
};

Trained train_member(const Lines& lines, const std::string& loss, std::size_t patience = 0) {
    const data::Table table = lines.table();
    const task::Task& task = *task::find_task(task::Kind::regression, loss);
    const model::Network network("dense(30) tanh", {1}, task.output_width(2));
    train::Hyperparameters h;
    h.epochs = 150;
    h.batch = 50;
    h.learning_rate = 0.01;
    h.patience = patience;
    const data::View validation{&table, lines.validation};
    train::Trainer trainer(
        network, h,
        {.task = &task, .scale = lines.scale, .train = {&table, lines.train}, .validation = validation, .seed = 1}, 0);
    while (!trainer.finished()) static_cast<void>(trainer.step());
    std::vector<float> predictions(held_out * task.predicted_width(2));
    trainer.predict(validation, predictions);
    return {trainer.state(), predictions};
}

/// Root mean squared error of one target's mean on the validation rows.
double rmse(const Lines& lines, const std::vector<float>& predictions, std::size_t target) {
    double sum = 0;
    for (std::size_t i = 0; i < held_out; ++i) {
        const double error = predictions[4 * i + 2 * target] - lines.y[2 * lines.validation[i] + target];
        sum += error * error;
    }
    return std::sqrt(sum / held_out);
}

}  // namespace

BOOST_AUTO_TEST_CASE(means_and_variances_are_learnt_in_the_units_of_the_targets) {
    const Lines lines;
    const Trained trained = train_member(lines, "gaussian");
    BOOST_TEST(trained.state.excluded.empty(), trained.state.excluded);
    // Noise of 7.6 in the mean square, and of 0.0003: no prediction is better.
    BOOST_TEST(rmse(lines, trained.predictions, 0) < 9.5);
    BOOST_TEST(rmse(lines, trained.predictions, 1) < 0.0005);
    double near = 0;
    double far = 0;
    double near_rows = 0;
    double far_rows = 0;
    for (std::size_t i = 0; i < held_out; ++i) {
        const double at = std::abs(lines.x[lines.validation[i]]);
        const double ratio = std::sqrt(trained.predictions[4 * i + 1]) / Lines::noise_at(at);
        BOOST_TEST(trained.predictions[4 * i + 3] > 0.0F);
        (at < 0.5 ? near : far) += ratio;
        ++(at < 0.5 ? near_rows : far_rows);
    }
    BOOST_TEST(std::abs(near / near_rows - 1) < 0.3);
    BOOST_TEST(std::abs(far / far_rows - 1) < 0.3);
}

BOOST_AUTO_TEST_CASE(what_is_watched_is_in_the_units_of_the_targets_too) {
    const Lines lines;
    for (const std::string loss : {"gaussian", "squared"}) {
        const Trained trained = train_member(lines, loss);
        const double expected = (rmse(lines, trained.predictions, 0) + rmse(lines, trained.predictions, 1)) / 2;
        BOOST_TEST(trained.state.history.back().validation_score == expected, boost::test_tools::tolerance(1e-3));
    }
}

BOOST_AUTO_TEST_CASE(squared_error_learns_means_alone) {
    const Lines lines;
    const Trained trained = train_member(lines, "squared");
    BOOST_TEST(rmse(lines, trained.predictions, 0) < 9.5);
    BOOST_TEST(rmse(lines, trained.predictions, 1) < 0.0005);
    BOOST_TEST(trained.predictions[1] == 0.0F);
}

BOOST_AUTO_TEST_CASE(early_stopping_goes_by_the_likelihood_of_the_validation_rows) {
    const Trained trained = train_member(Lines(), "gaussian", 3);
    const auto& history = trained.state.history;
    double best = history.front().validation_loss;
    std::uint32_t epoch = 1;
    for (const train::EpochRecord& record : history) {
        if (record.validation_loss < best) {
            best = record.validation_loss;
            epoch = record.epoch;
        }
    }
    BOOST_TEST(trained.state.best_epoch == epoch);
    BOOST_TEST(trained.state.best_loss == best);
}

BOOST_AUTO_TEST_SUITE_END()
