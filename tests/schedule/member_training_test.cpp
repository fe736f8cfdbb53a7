#include "schedule/member_training.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "denormals.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(member_training_tests)

using namespace schedule;
using config::Experiment;
using config::Options;

namespace {

/// Forty rows of three features that are always 0, so that nothing but the penalty moves the weights that read them.
data::Source silence() {
    constexpr std::size_t rows = 40;
    const auto features = std::make_shared<std::vector<float>>(3 * rows, 0.0F);
    const auto labels = std::make_shared<std::vector<std::int32_t>>(rows);
    for (std::size_t row = 0; row < rows; ++row) (*labels)[row] = static_cast<std::int32_t>(row % 2);
    return {.name = "silence",
            .sha256 = "",
            .train = data::Table({.task = task::Kind::classification,
                                  .element = data::Element::f32,
                                  .shape = {3},
                                  .rows = rows,
                                  .outputs = 2},
                                 {.owner = features, .bytes = std::as_bytes(std::span(*features))},
                                 {.owner = labels, .bytes = std::as_bytes(std::span(*labels))}),
            .test = std::nullopt};
}

Options halving_options(std::size_t threads) {
    Options options;
    options.nets = {"dense(8) tanh"};
    options.threads = threads;
    options.training.optimizer = train::OptimizerKind::sgd;
    options.training.learning_rate = 0.5;
    options.training.weight_decay = 1;  // each update halves
    options.training.batch = 40;
    options.training.epochs = 132;
    return options;
}

}  // namespace

BOOST_AUTO_TEST_CASE(weights_that_decay_to_denormals_become_zero, *boost::unit_test::precondition(has_flushing)) {
    for (const std::size_t threads : {1U, 2U}) {
        in_a_fresh_thread([&] {
            const Experiment experiment(halving_options(threads), silence());
            const auto member = training_of_networks(experiment)(0, std::nullopt);
            while (!member->is_trained()) static_cast<void>(member->train());
            const auto& parameters = member->state().parameters;
            const model::ParameterBlock& hidden = experiment.networks().front().blocks().front();
            BOOST_TEST_REQUIRE(hidden.rows == 3U);
            for (std::size_t row = 0; row < hidden.rows; ++row) {
                const auto weights =
                    std::span<const float>(parameters).subspan(hidden.offset + row * hidden.stride, hidden.columns);
                // Where the update is not fused, a weight stays at the smallest of numbers once its step counts as 0.
                constexpr float smallest = 4 * std::numeric_limits<float>::min();
                BOOST_TEST(std::ranges::all_of(weights, [](float weight) { return std::abs(weight) <= smallest; }));
            }
            BOOST_TEST(std::ranges::none_of(parameters, is_denormal));
        });
    }
}

BOOST_AUTO_TEST_SUITE_END()
