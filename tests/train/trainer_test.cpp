#include "train/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/loss.hpp"
#include "data/split.hpp"
#include "model/program.hpp"
#include "train/hidden_features.hpp"
#include "train/optimizer.hpp"
#include "train/predictor.hpp"
#include "train/resuming.hpp"
#include "train/schedule.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(trainer_tests)

using train::AverageKind;
using train::Hyperparameters;
using train::MemberState;
using train::OptimizerKind;
using train::Problem;
using train::Trainer;

namespace {

/// What a trainer does, written down once more from the parts that it uses: the parameters after all epochs.
core::Buffer<float> by_the_book(const Study& study, const Hyperparameters& h, const Problem& problem,
                                std::uint32_t member) {
    const model::Network& network = study.network;
    core::Buffer<float> parameters(network.buffer_size());
    model::initialise(network, h.initialiser, problem.seed, member, parameters);
    core::Buffer<float> gradients(parameters.size());
    train::Optimizer optimizer(h);
    core::Buffer<float> first(optimizer.has_first_moment() ? parameters.size() : 0);
    core::Buffer<float> second(optimizer.has_second_moment() ? parameters.size() : 0);
    const auto part = [](core::Buffer<float>& whole, const model::ParameterBlock& block) {
        return whole.empty() ? std::span<float>{} : std::span(whole).subspan(block.offset, block.size());
    };

    const auto rows = data::bootstrap(problem.train.rows, problem.seed, member);
    const auto hidden = train::hidden_features(problem, 2, member);
    const std::size_t steps = (rows.size() + h.batch - 1) / h.batch;
    std::uint64_t updates = 0;
    for (std::uint32_t epoch = 0; epoch < h.epochs; ++epoch) {
        std::vector<std::uint32_t> order;
        data::epoch_order(rows, problem.seed, member, epoch, order);
        for (std::uint32_t step = 0; step < steps; ++step) {
            const std::size_t begin = step * h.batch;
            const auto batch = std::span(order).subspan(begin, std::min(h.batch, order.size() - begin));
            model::Program program(network, batch.size(), model::Program::Purpose::training);
            problem.train.table->gather(batch, program.input().data, program.input().stride);
            train::hide(hidden, program.input());
            const core::RandomStream random({.seed = problem.seed,
                                             .member = member,
                                             .purpose = core::Purpose::dropout,
                                             .epoch = epoch,
                                             .step = step});
            program.forward(parameters.data(), {.mode = model::Mode::train, .random = random});
            std::vector<std::int32_t> labels;
            for (const std::uint32_t row : batch) labels.push_back(problem.train.table->labels()[row]);
            compute::softmax_cross_entropy(program.output(), labels, program.output_gradient());
            for (std::size_t row = 0; row < batch.size(); ++row) {
                for (float& slope : program.output_gradient()[row]) slope *= float(batch.size()) / float(h.batch);
            }
            program.backward(parameters.data(), gradients.data(), [](const auto&, std::size_t, std::size_t) {});
            optimizer.begin_update(train::learning_rate(h, updates, h.epochs * steps, epoch), updates + 1);
            for (const model::ParameterBlock& block : network.blocks()) {
                optimizer.update(
                    {part(parameters, block), part(gradients, block), part(first, block), part(second, block)},
                    block.is_weight ? train::Optimizer::Decay::yes : train::Optimizer::Decay::no);
            }
            ++updates;
        }
    }
    return parameters;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_member_is_a_function_of_its_index) {
    const MemberState first = moons().train(short_training(), 3);
    const MemberState again = moons().train(short_training(), 3);
    const MemberState other = moons().train(short_training(), 4);
    BOOST_TEST((first.parameters == again.parameters));
    BOOST_TEST((first.parameters != other.parameters));
    BOOST_TEST(first.history.size() == 4U);
    BOOST_TEST(first.updates == 4U * 6);
    BOOST_TEST(first.history.back().train_loss < first.history.front().train_loss);
}

BOOST_AUTO_TEST_CASE(follows_the_book) {
    const Study& study = moons();
    Problem problem = study.problem();
    problem.bootstrap = true;
    Hyperparameters h = short_training();
    h.learning_rate = 0.01;
    h.weight_decay = 0.1;
    h.schedule_step = 1;
    for (const double fraction : {0.5, 1.0}) {
        for (const auto schedule : {train::ScheduleKind::step, train::ScheduleKind::one_cycle}) {
            problem.feature_fraction = fraction;
            h.schedule = schedule;
            Trainer trainer(study.network, h, problem, 2);
            while (!trainer.finished()) static_cast<void>(trainer.step());
            const auto expected = by_the_book(study, h, problem, 2);
            double largest = 0;
            for (std::size_t i = 0; i < expected.size(); ++i) {
                largest = std::max<double>(largest, std::abs(expected[i] - trainer.state().parameters[i]));
            }
            BOOST_TEST(largest < 1e-5);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_short_last_batch_counts_by_its_rows_in_running_statistics) {
    // Whatever a batch holds, a running variance is led from 1 towards 0 where every row is the same.
    const Study& study = images();
    Problem problem = study.problem();
    const std::vector<std::uint32_t> same(100, problem.train.rows.front());
    problem.train.rows = same;
    Hyperparameters h = short_training();  // of 100 rows, three batches of 32 and a rest of 4
    h.epochs = 1;
    h.learning_rate = 1e-30;
    Trainer trainer(study.network, h, problem, 0);
    while (!trainer.finished()) static_cast<void>(trainer.step());
    // The last normalisation is one of vectors, which do not vary here.
    const model::StatisticsBlock& variance = study.network.statistics().back();
    const double expected = 0.9 * 0.9 * 0.9 * (1 - 0.1 * 4 / 32);
    BOOST_TEST(double(trainer.state().statistics[variance.offset]) == expected, boost::test_tools::tolerance(1e-5));
}

BOOST_AUTO_TEST_CASE(hidden_features_do_not_count_in_prediction) {
    const Study& study = moons();
    core::Buffer<float> parameters = study.train(short_training()).parameters;
    const data::View view = study.problem().validation;
    const auto predict = [&](std::vector<std::uint32_t> hidden) {
        std::vector<float> out(view.size() * 2);
        train::Predictor(study.network, {.hidden_features = std::move(hidden)}).predict({parameters, {}}, view, out);
        return out;
    };
    const auto without = predict({1});
    BOOST_TEST((without != predict({})));
    const auto nothing = predict({0, 1});
    for (std::size_t i = 2; i < nothing.size(); ++i) BOOST_TEST(nothing[i] == nothing[i % 2]);
    // The same as a feature whose weights are all zero.
    const model::ParameterBlock& weights = study.network.blocks()[0];
    BOOST_TEST_REQUIRE(weights.rows == 2U);
    std::ranges::fill(std::span(parameters).subspan(weights.offset + weights.stride, weights.columns), 0.0F);
    BOOST_TEST((without == predict({})));
}

BOOST_AUTO_TEST_CASE(going_on_from_any_state_gives_the_same_bits) {
    for (const auto& [kind, average] :
         std::vector<std::pair<OptimizerKind, AverageKind>>{{OptimizerKind::adam, AverageKind::none},
                                                            {OptimizerKind::momentum, AverageKind::swa},
                                                            {OptimizerKind::sgd, AverageKind::ema}}) {
        Hyperparameters h = short_training();
        h.optimizer = kind;
        h.average = average;
        h.average_start = 0.5;
        h.average_decay = 0.9;
        h.max_norm = 1.25;
        h.label_smoothing = 0.1;
        h.evaluate_with_dropout = kind == OptimizerKind::sgd;
        h.log_gradients = true;
        h.patience = 2;
        check_resumes(moons(), h, {0, 1, 5, 6, 7, 12, 13, 17, 18, 20});
        check_resumes(images(), h, {0, 1, 3, 4, 9, 13});
    }
}

BOOST_AUTO_TEST_CASE(rates_count_what_the_time_was_taken_of) {
    const Study& study = images();  // batches of 32, 32, 32 and a smaller one
    const Hyperparameters h = short_training();
    Trainer first(study.network, h, study.problem(), 0);
    for (int step = 0; step < 3; ++step) static_cast<void>(first.step());
    Trainer then(study.network, h, study.problem(), first.release());
    const auto record = then.step();
    BOOST_TEST_REQUIRE(record.has_value());
    const std::size_t rest = study.problem().train.size() - 3 * h.batch;
    BOOST_TEST(record->samples_per_s * record->seconds == static_cast<double>(rest),
               boost::test_tools::tolerance(1e-6));
}

BOOST_AUTO_TEST_CASE(early_stopping_restores_the_best_state) {
    const Study& study = moons();
    const MemberState state = study.train(impatient_training(0.05));
    BOOST_TEST(state.epoch < 200U);
    BOOST_TEST(state.epoch - state.best_epoch == 3U);
    train::Predictor predictor(study.network);
    const auto now = predictor.evaluate(train::weights_of(state), study.problem().validation);
    BOOST_TEST(now.loss == state.best_loss);
    for (const auto& record : state.history) BOOST_TEST(record.validation_loss >= state.best_loss);
}

BOOST_AUTO_TEST_CASE(a_member_predicts_the_mean_over_views) {
    const Study& study = images();
    Problem problem = study.problem();
    problem.augmentation.shift = 2;
    problem.test_views = 3;
    const data::View view = problem.validation;
    Trainer trainer(study.network, short_training(), problem, 5);
    while (!trainer.finished()) static_cast<void>(trainer.step());
    std::vector<float> out(view.size() * 10);
    trainer.predict(view, out);

    std::vector<double> expected(out.size());
    model::Program program(study.network, view.size(), model::Program::Purpose::inference);
    data::Augmenter augmenter(problem.augmentation, study.network.input(), 1);
    core::Buffer<float> statistics = trainer.state().statistics;
    for (std::uint32_t seen = 0; seen < 3; ++seen) {
        const auto input = program.input();
        view.table->gather(view.rows, input.data, input.stride);
        for (std::size_t i = 0; seen > 0 && i < view.size(); ++i) {
            const core::RandomStream random({.seed = problem.seed,
                                             .member = 5,
                                             .purpose = core::Purpose::test_views,
                                             .epoch = view.rows[i],
                                             .step = seen});
            augmenter.apply(random, 1, input[i].data(), input.stride);
        }
        program.forward(trainer.state().parameters.data(),
                        {.mode = model::Mode::evaluate, .random = std::nullopt, .statistics = statistics.data()});
        compute::softmax(program.output());
        for (std::size_t row = 0; row < view.size(); ++row) {
            for (std::size_t c = 0; c < 10; ++c) expected[row * 10 + c] += double(program.output()[row][c]) / 3;
        }
    }
    double largest = 0;
    for (std::size_t i = 0; i < out.size(); ++i) largest = std::max(largest, std::abs(expected[i] - double(out[i])));
    BOOST_TEST(largest < 1e-5);
}

BOOST_AUTO_TEST_CASE(a_diverging_member_is_excluded_with_the_place) {
    Hyperparameters h = short_training();
    h.optimizer = OptimizerKind::sgd;
    h.learning_rate = 1e30;
    const MemberState state = moons().train(h);
    BOOST_TEST(state.finished);
    BOOST_TEST(state.excluded.find("epoch 1, batch") != std::string::npos, state.excluded);
}

BOOST_AUTO_TEST_CASE(no_unit_outgrows_the_norm) {
    const Study& study = moons();
    Hyperparameters h = short_training();
    h.learning_rate = 0.05;
    const auto longest = [&](const MemberState& state) {
        double most = 0;
        for (const auto& block : study.network.blocks()) {
            if (!block.is_weight) continue;
            for (std::size_t column = 0; column < block.columns; ++column) {
                double sum = 0;
                for (std::size_t row = 0; row < block.rows; ++row) {
                    const double w = state.parameters[block.offset + row * block.stride + column];
                    sum += w * w;
                }
                most = std::max(most, std::sqrt(sum));
            }
        }
        return most;
    };
    BOOST_TEST(longest(study.train(h)) > 1.5);
    h.max_norm = 1.25;
    const double held = longest(study.train(h));
    BOOST_TEST(held < 1.25 * (1 + 1e-6));
    BOOST_TEST(held > 1.24);
}

BOOST_AUTO_TEST_CASE(softened_labels_are_trained_on_but_not_reported) {
    const Study& study = moons();
    Hyperparameters h = short_training();
    h.learning_rate = 1e-30;  // nothing moves, so that losses can be compared
    const auto sharp = study.train(h).history.back();
    h.label_smoothing = 0.5;
    const auto soft = study.train(h).history.back();
    BOOST_TEST(soft.validation_loss == sharp.validation_loss);
    BOOST_TEST(soft.train_loss != sharp.train_loss);
}

// One unit that is always 1 in front of dropout(0.2): what comes out in evaluation is 0 or 1/0.8, as its mask says.
BOOST_AUTO_TEST_CASE(dropout_that_is_left_on_drops_the_same_every_time) {
    const Study study("moons:train=200,test=1000", "dense(1) dropout(0.2)");
    Hyperparameters h;
    h.evaluate_with_dropout = true;
    std::vector<float> parameters(study.network.buffer_size(), 0.0F);
    parameters[study.network.blocks()[1].offset] = 1;  // the unit's bias
    parameters[study.network.blocks()[2].offset] = 2;  // its weight into the first logit
    const auto view = data::test_view(study.source, study.split);
    const auto probabilities = [&](std::uint64_t seed, std::uint32_t member) {
        train::Predictor predictor(study.network, {.masks = train::evaluation_masks(h, seed, member)});
        std::vector<float> p(view.size() * 2);
        predictor.predict({parameters, {}}, view, p);
        return p;
    };
    const auto p = probabilities(1, 0);
    std::size_t dropped = 0;
    for (std::size_t i = 0; i < view.size(); ++i) {
        const bool out = p[2 * i] == 0.5F;
        BOOST_TEST(std::abs(p[2 * i] - (out ? 0.5 : 1 / (1 + std::exp(-2 / 0.8)))) < 1e-5);
        dropped += out ? 1 : 0;
    }
    const auto rows = double(view.size());
    BOOST_TEST(std::abs(double(dropped) - rows * 0.2) < 4 * std::sqrt(rows * 0.2 * 0.8));
    BOOST_TEST((p == probabilities(1, 0)));
    BOOST_TEST((p != probabilities(1, 1)));
    BOOST_TEST((p != probabilities(2, 0)));
    BOOST_TEST(!train::evaluation_masks({}, 1, 0).has_value());
}

BOOST_AUTO_TEST_CASE(leaving_dropout_on_costs_accuracy_and_changes_no_parameter) {
    const Study study("digits:train=600,test=300", "dense(64) relu dropout(0.5)");
    Hyperparameters h;
    h.epochs = 5;
    const MemberState right = study.train(h);
    h.evaluate_with_dropout = true;
    const MemberState wrong = study.train(h);
    BOOST_TEST((right.parameters == wrong.parameters));
    BOOST_TEST(right.history.back().train_loss == wrong.history.back().train_loss);
    BOOST_TEST(right.history.back().validation_loss < wrong.history.back().validation_loss);
}

BOOST_AUTO_TEST_CASE(hidden_features_do_not_matter) {
    const Study& study = moons();
    Problem problem = study.problem();
    problem.feature_fraction = 0.5;
    const auto hidden = train::hidden_features(problem, 2, 0);
    BOOST_TEST_REQUIRE(hidden.size() == 1U);
    Trainer trainer(study.network, short_training(), problem, 0);
    const auto before = trainer.state().parameters;
    while (!trainer.finished()) static_cast<void>(trainer.step());
    const auto& weight = study.network.blocks()[0];
    for (std::size_t column = 0; column < weight.columns; ++column) {
        const std::size_t at = weight.offset + hidden[0] * weight.stride + column;
        BOOST_TEST(trainer.state().parameters[at] == before[at]);
    }
}

BOOST_AUTO_TEST_CASE(augmented_images_are_drawn_anew_and_alike_after_a_stop) {
    const Study study("digits:train=80,test=20", "dense(8) relu");
    Hyperparameters h = short_training();
    h.epochs = 2;
    Problem problem = study.problem();
    const auto trained = [&](std::uint32_t member, int stop) {
        Trainer trainer(study.network, h, problem, member);
        for (int i = 0; i < stop; ++i) static_cast<void>(trainer.step());
        Trainer resumed(study.network, h, problem, trainer.state());
        while (!resumed.finished()) static_cast<void>(resumed.step());
        return resumed.state();
    };
    const MemberState plain = trained(1, 0);
    problem.augmentation = {.shift = 2, .rotate = 10, .scale = 0.1, .elastic = 2};
    const MemberState whole = trained(1, 0);
    BOOST_TEST((whole.parameters != plain.parameters));
    BOOST_TEST((trained(1, 3).parameters == whole.parameters));
    BOOST_TEST((trained(2, 0).parameters != whole.parameters));
    // Evaluation sees the rows as they are: before any training, both validate alike.
    h.learning_rate = 1e-30;
    const double augmented = trained(1, 0).history.back().validation_loss;
    problem.augmentation = {};
    BOOST_TEST(trained(1, 0).history.back().validation_loss == augmented);
}

BOOST_AUTO_TEST_CASE(probabilities_add_up_and_repeat_the_evaluation) {
    const Study& study = moons();
    const MemberState state = study.train(short_training());
    train::Predictor predictor(study.network);
    const auto view = data::test_view(study.source, study.split);
    std::vector<float> p(view.size() * 2);
    predictor.predict(train::weights_of(state), view, p);
    double hits = 0;
    for (std::size_t i = 0; i < view.size(); ++i) {
        BOOST_TEST(std::abs(p[2 * i] + p[2 * i + 1] - 1) < 1e-6);
        const int label = view.table->labels()[view.rows[i]];
        hits += (p[2 * i + 1] > p[2 * i]) == (label == 1) ? 1 : 0;
    }
    BOOST_TEST(std::abs(hits / double(view.size()) - predictor.evaluate(train::weights_of(state), view).score) < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
