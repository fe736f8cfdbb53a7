#include "train/row_weights.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/generator.hpp"
#include "data/planar.hpp"
#include "study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(row_weights_tests)

namespace {

using train::ClassWeight;
using train::Hyperparameters;
using train::MemberState;
using train::RowWeights;
using train::Trainer;
using Rows = std::vector<std::uint32_t>;

Rows all_rows(std::size_t count) {
    Rows rows(count);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

data::Table labelled(const std::vector<std::int32_t>& labels, std::size_t classes) {
    return {{.element = data::Element::f32, .shape = {1}, .rows = labels.size(), .outputs = classes},
            data::share(core::Buffer<float>(labels.size())),
            data::share(core::Buffer<std::int32_t>(labels.begin(), labels.end()))};
}

data::Table weighted(const data::Table& table, const std::vector<double>& weights) {
    return table.with({.weights = data::share(core::Buffer<double>(weights.begin(), weights.end()))});
}

/// All rows in one batch, by plain gradient descent.
Hyperparameters full_batch(std::uint32_t steps) {
    Hyperparameters h;
    h.epochs = steps;
    h.batch = 10'000;
    h.optimizer = train::OptimizerKind::sgd;
    h.learning_rate = 0.5;
    return h;
}

MemberState trained(const model::Network& network, const Hyperparameters& h, const data::Table& table,
                    const Rows& rows) {
    const data::View view{&table, rows};
    Trainer trainer(network, h, {.train = view, .validation = view, .seed = 3}, 0);
    while (!trainer.finished()) static_cast<void>(trainer.step());
    return trainer.state();
}

double largest_difference(const MemberState& a, const MemberState& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.parameters.size(); ++i)
        largest = std::max(largest, std::abs(double{a.parameters[i]} - double{b.parameters[i]}));
    return largest;
}

}  // namespace

// scikit-learn 1.2.1: compute_class_weight('balanced', classes=[0, 1, 2], y=[0,0,0,0,0,1,1,2,1,0,0,0,0])
BOOST_AUTO_TEST_CASE(balanced_weights_are_those_of_another_library) {
    const data::Table table = labelled({0, 0, 0, 0, 0, 1, 1, 2, 1, 0, 0, 0, 0}, 3);
    const Rows rows = all_rows(13);
    const data::View view{&table, rows};
    const std::vector<double> expected{0.48148148148148145, 1.4444444444444444, 4.333333333333333};
    BOOST_TEST(train::balanced_weights(view) == expected, boost::test_tools::per_element());
    const RowWeights weights(view, ClassWeight::balanced);
    for (const std::uint32_t row : rows)
        BOOST_TEST(std::abs(weights.of(row) - expected[static_cast<std::size_t>(table.labels()[row])]) < 1e-12);
}

BOOST_AUTO_TEST_CASE(classes_without_rows_are_not_counted) {
    const data::Table table = labelled({0, 0, 0, 2, 1}, 4);
    const Rows rows{0, 1, 2, 3};
    const std::vector<double> weights = train::balanced_weights({&table, rows});
    const std::vector<double> expected{2.0 / 3, 2, 2, 2};
    BOOST_TEST(weights == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(weights_have_mean_one_over_the_training_rows) {
    const data::Table table = weighted(labelled({0, 1, 1, 0, 1}, 2), {1, 2, 3, 0, 100});
    const Rows rows{0, 1, 2, 3};
    for (const ClassWeight classes : {ClassWeight::none, ClassWeight::balanced}) {
        const RowWeights weights({&table, rows}, classes);
        double sum = 0;
        for (const std::uint32_t row : rows) sum += weights.of(row);
        BOOST_TEST(std::abs(sum - 4) < 1e-12);
        BOOST_TEST(weights.of(3) == 0.0);
        BOOST_TEST(std::abs(weights.of(1) / weights.of(0) - 2) < 1e-12);
        BOOST_TEST(std::abs(weights.of(4) / weights.of(1) - 50) < 1e-9);
    }
    BOOST_TEST(RowWeights().all_the_same());
}

BOOST_AUTO_TEST_CASE(a_row_of_weight_k_is_k_rows) {
    const data::Table table = data::make_moons(40, 0.2, 1, data::Part::train);
    std::vector<double> weights(40);
    Rows repeated;
    for (std::uint32_t row = 0; row < 40; ++row) {
        weights[row] = (row * 7) % 4;
        for (int i = 0; i < weights[row]; ++i) repeated.push_back(row);
    }
    const data::Table with_weights = weighted(table, weights);
    const model::Network network("dense(8) tanh", {2}, 2);
    for (const std::uint32_t steps : {1U, 20U}) {
        const MemberState one = trained(network, full_batch(steps), with_weights, all_rows(40));
        const MemberState many = trained(network, full_batch(steps), table, repeated);
        BOOST_TEST(largest_difference(one, many) < (steps == 1 ? 1e-6 : 1e-5));
        BOOST_TEST(std::abs(one.history.back().train_loss - many.history.back().train_loss) < 1e-6);
        BOOST_TEST(std::abs(one.history.back().validation_loss - many.history.back().validation_loss) < 1e-6);
        const MemberState plain = trained(network, full_batch(steps), table, all_rows(40));
        BOOST_TEST(largest_difference(one, plain) > 1e-4);
    }
}

BOOST_AUTO_TEST_CASE(the_same_weight_for_every_row_changes_no_bit) {
    const data::Table table = data::make_moons(45, 0.2, 1, data::Part::train);
    const model::Network network("dense(8) relu dropout(0.2)", {2}, 2);
    const MemberState plain = trained(network, short_training(), table, all_rows(45));
    const MemberState twos =
        trained(network, short_training(), weighted(table, std::vector<double>(45, 2.0)), all_rows(45));
    BOOST_TEST((twos.parameters == plain.parameters));
    BOOST_TEST(twos.history.back().validation_loss == plain.history.back().validation_loss);
}

BOOST_AUTO_TEST_CASE(a_stop_changes_nothing) {
    std::vector<double> weights(45);
    for (std::size_t row = 0; row < 45; ++row) weights[row] = static_cast<double>(row % 5);
    const data::Table table = weighted(data::make_moons(45, 0.2, 1, data::Part::train), weights);
    const model::Network network("dense(8) relu dropout(0.2)", {2}, 2);
    Hyperparameters h = short_training();
    h.class_weight = ClassWeight::balanced;
    const Rows rows = all_rows(45);
    const train::Problem problem{.train = {&table, rows}, .validation = {&table, rows}, .seed = 3, .bootstrap = true};
    Trainer whole(network, h, problem, 0);
    while (!whole.finished()) static_cast<void>(whole.step());
    Trainer stopped(network, h, problem, 0);
    for (int i = 0; i < 3; ++i) static_cast<void>(stopped.step());
    Trainer resumed(network, h, problem, stopped.state());
    while (!resumed.finished()) static_cast<void>(resumed.step());
    BOOST_TEST((resumed.state().parameters == whole.state().parameters));
    BOOST_TEST(resumed.state().best_loss == whole.state().best_loss);
}

/// Fifty rows of one class and ten of another, between which one feature says nothing.
BOOST_AUTO_TEST_CASE(balanced_classes_are_as_likely) {
    std::vector<std::int32_t> labels(60, 0);
    for (std::size_t i = 0; i < 10; ++i) labels[i * 6] = 1;
    const data::Table table = labelled(labels, 2);
    const model::Network network("flatten", {1}, 2);
    Hyperparameters h = full_batch(100);
    const auto loss = [&] { return trained(network, h, table, all_rows(60)).history.back().train_loss; };
    const double share = 10.0 / 60;
    BOOST_TEST(std::abs(loss() + share * std::log(share) + (1 - share) * std::log(1 - share)) < 1e-3);
    h.class_weight = ClassWeight::balanced;
    BOOST_TEST(std::abs(loss() - std::log(2.0)) < 1e-3);
}

BOOST_AUTO_TEST_SUITE_END()
