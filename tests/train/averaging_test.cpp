// Trainings that predict with a mean of their weights.

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "train/predictor.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(averaging_tests)

using train::AverageKind;
using train::Hyperparameters;
using train::MemberState;
using train::Trainer;

// The parameters after each update of a training without a mean tell what the mean must be.
BOOST_AUTO_TEST_CASE(the_mean_that_predicts_follows_the_definition) {
    const Study& study = moons();
    Hyperparameters h = short_training();
    h.max_norm = 1.25;
    std::vector<core::Buffer<float>> seen;
    Trainer trainer(study.network, h, study.problem(), 0);
    while (!trainer.finished()) {
        static_cast<void>(trainer.step());
        seen.push_back(trainer.state().parameters);
    }
    BOOST_TEST_REQUIRE(seen.size() == 24U);
    const auto check = [&](const std::vector<double>& weights) {
        const MemberState state = study.train(h);
        double worst = 0;
        for (std::size_t i = 0; i < state.parameters.size(); ++i) {
            double mean = 0;
            for (std::size_t t = 0; t < seen.size(); ++t) mean += weights[t] * seen[t][i];
            worst = std::max(worst, std::abs(state.parameters[i] - mean));
        }
        BOOST_TEST(worst < 2e-6);
        BOOST_TEST(state.average.empty());
        train::Predictor predictor(study.network);
        const auto evaluation = predictor.evaluate(train::weights_of(state), study.problem().validation);
        BOOST_TEST(state.history.back().validation_loss == evaluation.loss);
        return state;
    };
    std::vector<double> weights(24, 0);
    weights[17] = weights[23] = 0.5;  // six updates an epoch: the ends of the third and the fourth
    h.average = AverageKind::swa;
    h.average_start = 0.5;
    BOOST_TEST(check(weights).averaged == 2U);
    h.average = AverageKind::ema;
    h.average_decay = 0.8;
    for (std::size_t t = 0; t < 24; ++t) weights[t] = 0.2 * std::pow(0.8, 23.0 - double(t)) / (1 - std::pow(0.8, 24));
    BOOST_TEST(check(weights).averaged == 24U);
}

// The running statistics join the mean with the parameters they belong to.
BOOST_AUTO_TEST_CASE(statistics_have_the_mean_of_their_parameters) {
    const Study& study = images();
    Hyperparameters h = short_training();
    std::vector<core::Buffer<float>> seen;
    Trainer trainer(study.network, h, study.problem(), 0);
    while (!trainer.finished()) {
        static_cast<void>(trainer.step());
        seen.push_back(trainer.state().statistics);
    }
    h.average = AverageKind::ema;
    h.average_decay = 0.8;
    const MemberState state = study.train(h);
    const auto updates = static_cast<double>(seen.size());
    double worst = 0;
    for (std::size_t i = 0; i < state.statistics.size(); ++i) {
        double mean = 0;
        for (std::size_t t = 0; t < seen.size(); ++t) {
            mean += 0.2 * std::pow(0.8, updates - 1 - double(t)) / (1 - std::pow(0.8, updates)) * seen[t][i];
        }
        worst = std::max(worst, std::abs(state.statistics[i] - mean));
    }
    BOOST_TEST(!state.statistics.empty());
    BOOST_TEST(worst < 2e-6);
    BOOST_TEST((state.statistics != seen.back()));
}

BOOST_AUTO_TEST_CASE(early_stopping_works_on_the_mean) {
    const Study& study = moons();
    Hyperparameters h = impatient_training(0.2);
    h.average = AverageKind::ema;
    h.average_decay = 0.95;
    const MemberState state = study.train(h);
    BOOST_TEST(state.epoch < 200U);
    BOOST_TEST(state.epoch - state.best_epoch == 3U);
    train::Predictor predictor(study.network);
    BOOST_TEST(predictor.evaluate(train::weights_of(state), study.problem().validation).loss == state.best_loss);
    for (const auto& record : state.history) BOOST_TEST(record.validation_loss >= state.best_loss);
}

BOOST_AUTO_TEST_CASE(patience_lasts_until_a_mean_has_begun) {
    const Study& study = moons();
    Hyperparameters h = impatient_training(0.2);
    h.epochs = 40;
    const MemberState plain = study.train(h);
    h.average = AverageKind::swa;
    h.average_start = 0.75;
    const MemberState state = study.train(h);
    BOOST_TEST_REQUIRE(plain.epoch < 30U);  // without a mean it would have ended before there is one
    BOOST_TEST(state.epoch >= 31U + 3U);
}

BOOST_AUTO_TEST_SUITE_END()
