#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "bf16.hpp"
#include "compute/prepared_pool.hpp"
#include "data/split.hpp"
#include "train/adversary.hpp"
#include "train/hidden_features.hpp"
#include "train/predictor.hpp"
#include "train/resuming.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(adversarial_tests)

using train::Hyperparameters;
using train::MemberState;

namespace {

Hyperparameters adversarial_training() {
    Hyperparameters h = short_training();
    h.adversarial = 0.05;
    return h;
}

/// Softmax regression on two features in double precision: weights [2 × classes] and biases.
struct Softmax {
    std::size_t classes;
    std::vector<double> weights;
    std::vector<double> biases;

    /// The gradient of the mean loss over the rows by weights, then biases; and that of each row's loss by its input.
    struct Slopes {
        std::vector<double> weights, biases, inputs;
        double loss = 0;
    };

    [[nodiscard]] Slopes slopes(const std::vector<double>& x, const std::vector<std::int32_t>& labels) const {
        Slopes slopes{std::vector<double>(weights.size()), std::vector<double>(classes), std::vector<double>(x.size())};
        const auto rows = static_cast<double>(labels.size());
        for (std::size_t row = 0; row < labels.size(); ++row) {
            std::vector<double> p(classes);
            double sum = 0;
            for (std::size_t c = 0; c < classes; ++c) {
                p[c] = std::exp(x[2 * row] * weights[c] + x[2 * row + 1] * weights[classes + c] + biases[c]);
                sum += p[c];
            }
            const auto label = static_cast<std::size_t>(labels[row]);
            slopes.loss -= std::log(p[label] / sum) / rows;
            for (std::size_t c = 0; c < classes; ++c) {
                const double delta = (p[c] / sum - (c == label ? 1.0 : 0.0)) / rows;
                slopes.biases[c] += delta;
                for (std::size_t i = 0; i < 2; ++i) {
                    slopes.weights[i * classes + c] += delta * x[2 * row + i];
                    slopes.inputs[2 * row + i] += delta * weights[i * classes + c];
                }
            }
        }
        return slopes;
    }
};

}  // namespace

// The formulas of the papers, from the rows themselves: the step of one batch that holds all of them.
BOOST_AUTO_TEST_CASE(a_step_goes_down_the_mean_of_both_losses) {
    const Study alone("moons:train=200,test=100", "dropout(0)");  // before the output layer: nothing
    const auto rows = alone.split.train;
    std::vector<double> x(rows.size() * 2);
    alone.source.train.gather(rows, x);
    std::vector<std::int32_t> labels;
    for (const std::uint32_t row : rows) labels.push_back(alone.source.train.labels()[row]);

    Hyperparameters h;
    h.initialiser = model::Initialiser::xavier;
    h.optimizer = train::OptimizerKind::sgd;
    h.learning_rate = 0.5;
    h.batch = rows.size();
    h.epochs = 1;
    h.adversarial = 0.3;
    const auto blocks = alone.network.blocks();
    BOOST_TEST_REQUIRE(blocks.size() == 2U);
    train::Trainer trainer(alone.network, h, alone.problem(), 0);
    Softmax model{blocks[0].columns, {}, {}};
    const auto read = [&](const core::Buffer<float>& parameters) {
        model.weights.clear();
        model.biases.clear();
        for (std::size_t i = 0; i < 2; ++i)
            for (std::size_t c = 0; c < model.classes; ++c)
                model.weights.push_back(parameters[blocks[0].offset + i * blocks[0].stride + c]);
        for (std::size_t c = 0; c < model.classes; ++c) model.biases.push_back(parameters[blocks[1].offset + c]);
    };
    read(trainer.state().parameters);
    const Softmax::Slopes as_is = model.slopes(x, labels);
    std::vector<double> moved = x;
    for (std::size_t feature = 0; feature < 2; ++feature) {
        double least = x[feature];
        double largest = x[feature];
        for (std::size_t row = 0; row < rows.size(); ++row) {
            least = std::min(least, x[2 * row + feature]);
            largest = std::max(largest, x[2 * row + feature]);
        }
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const std::size_t at = 2 * row + feature;
            moved[at] += std::copysign(h.adversarial * (largest - least), as_is.inputs[at]);
        }
    }
    const Softmax::Slopes against = model.slopes(moved, labels);
    BOOST_TEST(against.loss > as_is.loss + 0.05);
    Softmax expected = model;
    for (std::size_t i = 0; i < expected.weights.size(); ++i)
        expected.weights[i] -= h.learning_rate * (as_is.weights[i] + against.weights[i]) / 2;
    for (std::size_t i = 0; i < expected.biases.size(); ++i)
        expected.biases[i] -= h.learning_rate * (as_is.biases[i] + against.biases[i]) / 2;

    static_cast<void>(trainer.step());
    read(trainer.state().parameters);
    for (std::size_t i = 0; i < expected.weights.size(); ++i)
        BOOST_TEST(std::abs(model.weights[i] - expected.weights[i]) < 1e-5);
    for (std::size_t i = 0; i < expected.biases.size(); ++i)
        BOOST_TEST(std::abs(model.biases[i] - expected.biases[i]) < 1e-5);
    BOOST_TEST(std::abs(trainer.state().history.at(0).train_loss - (as_is.loss + against.loss) / 2) < 1e-5);
}

BOOST_AUTO_TEST_CASE(features_move_by_their_own_range_where_they_are_seen) {
    const Study& study = images();
    const data::View train = study.problem().train;
    const std::size_t width = 784;
    std::vector<float> all(train.size() * width);
    train.table->gather(train.rows, all.data(), width);
    const std::vector<std::uint32_t> hidden{400};
    const train::Adversary adversary(train, 0.1, hidden);
    std::vector<float> gradient(2 * width, -2.0F);
    gradient[width + 300] = 0;
    std::vector<float> batch(2 * width, 0.5F);
    adversary.move({gradient.data(), 2, width, width}, {batch.data(), 2, width, width});
    for (const std::size_t feature : {0U, 300U, 378U, 400U}) {
        float least = all[feature];
        float largest = all[feature];
        for (std::size_t row = 0; row < train.size(); ++row) {
            least = std::min(least, all[row * width + feature]);
            largest = std::max(largest, all[row * width + feature]);
        }
        const float moved = feature == 400 ? 0.5F : 0.5F - 0.1F * (largest - least);
        BOOST_TEST(std::abs(batch[feature] - moved) < 1e-6F, "feature " << feature);
    }
    BOOST_TEST(batch[378] < 0.5F);
    BOOST_TEST(batch[width + 300] == 0.5F);

    const std::vector<float> before = batch;
    const train::Adversary of_one_row({train.table, train.rows.first(1)}, 0.1, {});  // where nothing ever changes
    of_one_row.move({gradient.data(), 2, width, width}, {batch.data(), 2, width, width});
    BOOST_TEST((batch == before));
}

BOOST_AUTO_TEST_CASE(running_statistics_are_those_of_rows_as_they_are) {
    // Of the first layer alone: what it normalises does not depend on what is learnt.
    const Study study("moons:train=200,test=100", "batchnorm dense(8) relu");
    const MemberState plain = study.train(short_training());
    const MemberState moved = study.train(adversarial_training());
    BOOST_TEST((plain.statistics == moved.statistics));
    BOOST_TEST((plain.parameters != moved.parameters));
}

BOOST_AUTO_TEST_CASE(hidden_features_stay_hidden) {
    const Study& study = moons();
    train::Problem problem = study.problem();
    problem.feature_fraction = 0.5;
    const auto hidden = train::hidden_features(problem, 2, 0);
    train::Trainer trainer(study.network, adversarial_training(), problem, 0);
    const model::ParameterBlock& weights = study.network.blocks()[0];
    const core::Buffer<float> before = trainer.state().parameters;
    while (!trainer.finished()) static_cast<void>(trainer.step());
    for (std::size_t unit = 0; unit < weights.columns; ++unit) {
        const std::size_t at = weights.offset + hidden.at(0) * weights.stride + unit;
        BOOST_TEST(trainer.state().parameters[at] == before[at]);
    }
}

BOOST_AUTO_TEST_CASE(going_on_from_any_state_gives_the_same_bits) {
    Hyperparameters h = adversarial_training();
    h.average = train::AverageKind::ema;
    h.max_norm = 2;
    check_resumes(moons(), h, {1, 6, 13});
    check_resumes(images(), h, {2});
}

BOOST_AUTO_TEST_CASE(in_bf16_too, *boost::unit_test::precondition(has_bf16)) {
    Hyperparameters h = adversarial_training();
    h.precision = compute::Precision::bf16;
    const Study wide("moons:train=200,test=100", "dense(64) relu dense(64) tanh");
    check_resumes(wide, h, {2});
    BOOST_TEST((wide.train(h).parameters != wide.train(adversarial_training()).parameters));
}

BOOST_AUTO_TEST_CASE(threads_change_no_bit) {
    const Study wide("digits:train=200,test=20", "dense(512) relu dropout(0.2) dense(512) relu");
    const Study recurrent("digits:train=100,test=20", "lstm(64)");
    compute::PreparedPool pool;
    pool.resize(2);
    Hyperparameters h = adversarial_training();
    h.epochs = 1;
    for (const Study* study : {&wide, &recurrent, &images()}) {
        train::Trainer trainer(study->network, h, study->problem(), 0, &pool);
        while (!trainer.finished()) static_cast<void>(trainer.step());
        BOOST_TEST((trainer.state().parameters == study->train(h).parameters));
    }
}

BOOST_AUTO_TEST_SUITE_END()
