#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/random.hpp"
#include "data/dataset.hpp"
#include "train/trainer.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(recurrent_tests)

namespace {

constexpr std::size_t steps = 16;
constexpr std::size_t features = 2;
constexpr std::uint32_t rows = 640;

/// Noise, whose first step alone tells the class: only a network that remembers can know it at the end.
struct FirstStep {
    std::vector<float> x;
    std::vector<std::int32_t> labels;
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> validation;

    FirstStep() : train(rows - 128), validation(128) {
        core::RandomStream random({.seed = 2});
        for (std::uint32_t row = 0; row < rows; ++row) {
            for (std::size_t i = 0; i < steps * features; ++i) x.push_back(static_cast<float>(random.uniform(-1, 1)));
            labels.push_back(x[row * steps * features] > 0 ? 1 : 0);
        }
        std::iota(train.begin(), train.end(), 0U);
        std::iota(validation.begin(), validation.end(), rows - 128);
    }

    [[nodiscard]] data::Table table() const {
        return {{.task = task::Kind::classification,
                 .element = data::Element::f32,
                 .shape = {steps, features},
                 .rows = rows,
                 .outputs = 2},
                {.owner = nullptr, .bytes = std::as_bytes(std::span(x))},
                {.owner = nullptr, .bytes = std::as_bytes(std::span(labels))}};
    }
};

double accuracy(const std::string& net) {
    const FirstStep data;
    const data::Table table = data.table();
    const model::Network network(net, {steps, features}, 2);
    train::Hyperparameters h;
    h.epochs = 30;
    h.batch = 32;
    h.learning_rate = 0.02;
    train::Trainer trainer(network, h,
                           {.train = {&table, data.train}, .validation = {&table, data.validation}, .seed = 1}, 0);
    while (!trainer.finished()) static_cast<void>(trainer.step());
    return trainer.state().history.back().validation_score;
}

}  // namespace

BOOST_AUTO_TEST_CASE(learn_to_remember_the_first_step) {
    for (const char* net : {"lstm(12)", "gru(12)", "gru(8, sequence) lstm(8)", "skip[ lstm(2, sequence) ] gru(8)"}) {
        const double seen = accuracy(net);
        BOOST_TEST(seen > 0.9, net << " reaches " << seen);
    }
}

BOOST_AUTO_TEST_SUITE_END()
