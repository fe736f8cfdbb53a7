#include "train/pretraining.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "train/resuming.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(pretraining_tests)

using train::Hyperparameters;
using train::MemberState;
using train::Trainer;

namespace {

Hyperparameters with_rbm() {
    Hyperparameters h = short_training();
    h.initialiser = model::Initialiser::rbm;
    h.rbm_epochs = 3;
    h.epochs = 2;
    return h;
}

const Study& stack() {
    static const Study study("moons:train=200,test=100", "dense(16) sigmoid dense(8) relu dropout(0.2)");
    return study;
}

/// The state when the machines are done and nothing else has begun.
MemberState started(const Study& study, const Hyperparameters& h, const train::Problem& problem,
                    std::uint32_t member = 0) {
    Trainer trainer(study.network, h, problem, member);
    const std::size_t layers = model::hidden_dense_layers(study.network).size();
    while (trainer.state().pretrained < layers) static_cast<void>(trainer.step());
    BOOST_TEST(trainer.state().updates == 0U);
    return trainer.state();
}

double last_accuracy(const Study& study, const Hyperparameters& h) {
    return study.train(h).history.back().validation_score;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_start_is_a_function_of_seed_member_and_rows_alone) {
    const Study& study = stack();
    const Hyperparameters h = with_rbm();
    train::Problem problem = study.problem();
    const MemberState start = started(study, h, problem);
    BOOST_TEST((started(study, h, problem).parameters == start.parameters));
    BOOST_TEST((started(study, h, problem, 1).parameters != start.parameters));
    Hyperparameters other = h;
    other.learning_rate = 0.5;
    other.optimizer = train::OptimizerKind::sgd;
    other.epochs = 9;
    BOOST_TEST((started(study, other, problem).parameters == start.parameters));
    for (const auto change :
         {+[](Hyperparameters& x) { x.rbm_epochs = 2; }, +[](Hyperparameters& x) { x.rbm_gibbs_steps = 2; },
          +[](Hyperparameters& x) { x.rbm_learning_rate = 0.05; }}) {
        Hyperparameters changed = h;
        change(changed);
        BOOST_TEST((started(study, changed, problem).parameters != start.parameters));
    }
    problem.bootstrap = true;
    BOOST_TEST((started(study, h, problem).parameters != start.parameters));
    problem.bootstrap = false;
    problem.seed = 2;
    BOOST_TEST((started(study, h, problem).parameters != start.parameters));
}

BOOST_AUTO_TEST_CASE(only_hidden_layers_learn) {
    const Study& study = stack();
    const MemberState start = started(study, with_rbm(), study.problem());
    std::vector<float> before(study.network.buffer_size());
    model::initialise(study.network, model::Initialiser::rbm, 1, 0, before);
    for (std::size_t i = 0; i < study.network.blocks().size(); ++i) {
        const auto& block = study.network.blocks()[i];
        bool same = true;
        for (std::size_t at = block.offset; at < block.offset + block.size(); ++at) {
            same = same && start.parameters[at] == before[at];
            if ((at - block.offset) % block.stride >= block.columns) BOOST_TEST(start.parameters[at] == 0.0F);
        }
        BOOST_TEST(same == (i >= 4), block.name);
    }
}

BOOST_AUTO_TEST_CASE(going_on_from_within_gives_the_same_bits) {
    // 6 batches, once to measure and three times to learn, for each of two layers: training begins after 48.
    Hyperparameters h = with_rbm();
    check_resumes(stack(), h, {0, 1, 6, 7, 23, 24, 25, 30, 47, 48, 49, 55});
    h.average = train::AverageKind::ema;
    h.average_decay = 0.9;
    h.max_norm = 1;
    check_resumes(stack(), h, {0, 24, 31, 48, 49, 58});
}

BOOST_AUTO_TEST_CASE(progress_goes_on_from_nothing_to_all) {
    // Weights 2·16, 16·8 and 8·2: three epochs of five products and four ways up, against two epochs of three products.
    const double share = (3 * 5 * (32 + 128) + 4 * 32) / (2.0 * 3 * (32 + 128 + 16));
    BOOST_TEST(std::abs(train::pretraining_share(stack().network, with_rbm()) - share) < 1e-12);
    BOOST_TEST(train::pretraining_share(stack().network, short_training()) == 0.0);
    Trainer trainer(stack().network, with_rbm(), stack().problem(), 0);
    BOOST_TEST(trainer.progress() == 0.0);
    BOOST_TEST(std::isnan(trainer.running_loss()));
    for (int step = 1; step <= 48 + 12; ++step) {
        const auto record = trainer.step();
        BOOST_TEST(record.has_value() == (step == 54 || step == 60));
        const double pretraining = share / (1 + share) * std::min(step, 48) / 48;
        BOOST_TEST(std::abs(trainer.progress() - (pretraining + std::max(step - 48, 0) / 12.0 / (1 + share))) < 1e-12);
        if (step == 7) BOOST_TEST(trainer.running_loss() < 0.25);
    }
    BOOST_TEST(trainer.finished());
    BOOST_TEST(trainer.state().history.size() == 2U);
}

// A table that a network sees as x, and the same as 4·x − 1: after the map to [0, 1] they are one, so the first layers
// do the same to both.
BOOST_AUTO_TEST_CASE(features_of_any_range_become_part_of_the_weights) {
    constexpr std::size_t rows = 64;
    const auto features = std::make_shared<std::vector<float>>();
    const auto labels = std::make_shared<std::vector<std::int32_t>>();
    for (std::size_t row = 0; row < rows; ++row) {
        for (const std::size_t period : {2U, 4U, 16U}) {
            features->push_back(static_cast<float>(row % period) / static_cast<float>(period));
        }
        features->back() = row % 16 == 15 ? 1.0F : features->back();
        labels->push_back(static_cast<std::int32_t>(row % 2));
    }
    // All from 0 to 1, as the map would have it.
    for (std::size_t i = 0; i < features->size(); i += 3) (*features)[i] *= 2, (*features)[i + 1] *= 4.0F / 3;
    const auto table = [&](float scale, float offset) {
        return data::Table({.task = task::Kind::classification,
                            .element = data::Element::f32,
                            .shape = {3},
                            .rows = rows,
                            .outputs = 2,
                            .scale = scale,
                            .offset = offset},
                           {features, std::as_bytes(std::span(*features))},
                           {labels, std::as_bytes(std::span(*labels))});
    };
    const model::Network network("dense(8) sigmoid dense(4) sigmoid", {3}, 2);
    std::vector<std::uint32_t> all(rows);
    std::iota(all.begin(), all.end(), 0U);
    Hyperparameters h = with_rbm();
    h.batch = 20;
    h.rbm_epochs = 30;
    const auto layers = model::hidden_dense_layers(network);
    std::vector<std::vector<float>> outputs;
    for (const auto& [scale, offset] : {std::pair{1.0F, 0.0F}, std::pair{4.0F, -1.0F}}) {
        const data::Table seen = table(scale, offset);
        const data::View view{&seen, all};
        Trainer trainer(network, h, {.train = view, .validation = view}, 0);
        while (trainer.state().pretrained < 2) static_cast<void>(trainer.step());
        model::SigmoidLayer first(layers[0], rows);
        seen.gather(all, first.input().data, first.input().stride);
        std::vector<float> out(rows * core::row_stride(8));
        first.forward(trainer.state().parameters.data(), {out.data(), rows, 8, core::row_stride(8)});
        outputs.push_back(std::move(out));
        outputs.emplace_back(trainer.state().parameters.begin() + static_cast<std::ptrdiff_t>(layers[1].weight.offset),
                             trainer.state().parameters.begin() + static_cast<std::ptrdiff_t>(layers[1].bias.offset));
    }
    for (const std::size_t which : {0U, 1U}) {
        double worst = 0;
        for (std::size_t i = 0; i < outputs[which].size(); ++i) {
            worst = std::max(worst, std::abs(double(outputs[which][i]) - outputs[which + 2][i]));
        }
        BOOST_TEST(worst < 1e-3);
    }
    const auto [low, high] = std::ranges::minmax(outputs[0]);
    BOOST_TEST(high - low > 0.1);  // they have learnt something to compare
}

BOOST_AUTO_TEST_CASE(a_feature_that_never_changes_does_no_harm) {
    train::Problem problem = stack().problem();
    problem.feature_fraction = 0.5;  // one of two reads zero, the other is out of [0, 1]
    const MemberState start = started(stack(), with_rbm(), problem);
    for (const float value : start.parameters) BOOST_TEST(std::isfinite(value));
}

BOOST_AUTO_TEST_CASE(a_network_that_is_no_stack_is_refused) {
    const Study study("moons:train=60,test=20", "dense(4) skip[ dense(4) ]");
    BOOST_CHECK_THROW(Trainer(study.network, with_rbm(), study.problem(), 0), core::Error);
}

// What the lecture shows: five layers of sigmoid units learn from machines, and from nothing else of old.
BOOST_AUTO_TEST_CASE(a_deep_sigmoid_network_learns_with_machines_only) {
    const Study study("digits:train=600,test=100", "repeat(5)[ dense(100) sigmoid ]");
    Hyperparameters h;
    h.batch = 20;
    h.epochs = 10;
    h.rbm_epochs = 20;
    h.initialiser = model::Initialiser::rbm;
    const double rbm = last_accuracy(study, h);
    h.initialiser = model::Initialiser::normal;
    const double normal = last_accuracy(study, h);
    h.initialiser = model::Initialiser::zeros;
    const double zeros = last_accuracy(study, h);
    BOOST_TEST_MESSAGE("rbm " << rbm << ", normal " << normal << ", zeros " << zeros);
    BOOST_TEST(rbm > 0.5);
    BOOST_TEST(rbm > normal + 0.2);
    BOOST_TEST(zeros < 0.2);
}

BOOST_AUTO_TEST_SUITE_END()
