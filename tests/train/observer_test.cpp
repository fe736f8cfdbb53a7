#include "train/observer.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "train/footprint.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(observer_tests)

namespace {

using train::Distribution;
using train::Observation;
using train::Observer;

train::MemberSpec spec_of(const Study& study, const train::Hyperparameters& h, std::uint32_t member = 0) {
    return {.index = member, .network = &study.network, .training = h, .problem = study.problem()};
}

const compute::Histogram& find(const std::vector<Distribution>& layers, const std::string& name) {
    const auto found = std::ranges::find(layers, name, &Distribution::name);
    BOOST_TEST_REQUIRE((found != layers.end()), name);
    return found->histogram;
}

void check_same(const std::vector<Distribution>& a, const std::vector<Distribution>& b) {
    BOOST_TEST_REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        BOOST_TEST(a[i].name == b[i].name);
        BOOST_TEST((a[i].histogram.counts == b[i].histogram.counts && a[i].histogram.sum == b[i].histogram.sum));
    }
}

/// Trained for some epochs.
train::Trainer trained(const Study& study, const train::Hyperparameters& h, std::uint32_t epochs) {
    train::Trainer trainer(study.network, h, study.problem(), 0);
    while (trainer.state().epoch < epochs) static_cast<void>(trainer.step());
    return trainer;
}

}  // namespace

BOOST_AUTO_TEST_CASE(parameters_are_seen_as_they_are) {
    const train::Trainer trainer = trained(moons(), short_training(), 2);
    const train::MemberState& state = trainer.state();
    const Observation seen = Observer(spec_of(moons(), short_training())).look(state);
    BOOST_TEST(seen.parameters.size() == moons().network.blocks().size());
    for (const model::ParameterBlock& block : moons().network.blocks()) {
        const std::string name = std::string(block.name).replace(block.name.find('.'), 1, "/");
        const compute::Histogram& histogram = find(seen.parameters, name);
        double sum = 0;
        double largest = -1e30;
        for (std::size_t row = 0; row < block.rows; ++row) {
            for (std::size_t column = 0; column < block.columns; ++column) {
                const auto x = static_cast<double>(state.parameters[block.offset + row * block.stride + column]);
                sum += x;
                largest = std::max(largest, x);
            }
        }
        BOOST_TEST(histogram.count == block.rows * block.columns);
        BOOST_TEST(histogram.most == largest);
        BOOST_TEST(histogram.sum == sum, boost::test_tools::tolerance(1e-9));
    }
}

BOOST_AUTO_TEST_CASE(gradients_are_those_of_the_loss) {
    // Against differences of the mean loss over the same rows: what an update without momentum and decay moves a
    // parameter by is the learning rate times its gradient.
    const Study study("moons:train=200,test=40", "dense(8) tanh dense(6) sigmoid");
    train::Hyperparameters h;
    h.optimizer = train::OptimizerKind::sgd;
    h.learning_rate = 0.5;
    h.batch = study.split.train.size();
    const train::MemberSpec spec = spec_of(study, h);
    train::Trainer trainer(study.network, h, study.problem(), 0);
    const core::Buffer<float> before = trainer.state().parameters;
    const Observation seen = Observer(spec).look(trainer.state());
    static_cast<void>(trainer.step());
    const core::Buffer<float>& after = trainer.state().parameters;
    for (const model::ParameterBlock& block : study.network.blocks()) {
        const std::string name = std::string(block.name).replace(block.name.find('.'), 1, "/");
        const compute::Histogram& histogram = find(seen.gradients, name);
        double squares = 0;
        double sum = 0;
        for (std::size_t row = 0; row < block.rows; ++row) {
            for (std::size_t column = 0; column < block.columns; ++column) {
                const std::size_t at = block.offset + row * block.stride + column;
                const double gradient = (static_cast<double>(before[at]) - static_cast<double>(after[at])) / 0.5;
                squares += gradient * gradient;
                sum += gradient;
            }
        }
        BOOST_TEST(histogram.count == block.rows * block.columns);
        BOOST_TEST(histogram.sum_of_squares == squares, boost::test_tools::tolerance(1e-3));
        BOOST_TEST(std::abs(histogram.sum - sum) <= 1e-3 * std::sqrt(squares) * 10);
    }
}

BOOST_AUTO_TEST_CASE(activations_are_seen_layer_by_layer) {
    const train::Trainer trainer = trained(moons(), short_training(), 1);
    const Observation seen = Observer(spec_of(moons(), short_training())).look(trainer.state());
    std::vector<std::string> names;
    for (const Distribution& layer : seen.activations) names.push_back(layer.name);
    BOOST_TEST(names == (std::vector<std::string>{"dense1", "relu1", "dropout1", "dense2", "tanh1", "dense3"}),
               boost::test_tools::per_element());
    BOOST_TEST(find(seen.activations, "dense1").count == 32U * 16);
    BOOST_TEST(find(seen.activations, "dense3").count == 32U * 2);
    BOOST_TEST(find(seen.activations, "dense1").least < 0);
    BOOST_TEST(find(seen.activations, "relu1").least == 0);
    BOOST_TEST(find(seen.activations, "relu1").most == find(seen.activations, "dense1").most);
    BOOST_TEST(find(seen.activations, "dropout1").most <= find(seen.activations, "relu1").most / 0.8 * 1.01);
    BOOST_TEST(find(seen.activations, "dropout1").most > find(seen.activations, "relu1").most);
    BOOST_TEST(find(seen.activations, "tanh1").most < 1);
}

BOOST_AUTO_TEST_CASE(a_look_changes_nothing_and_depends_on_the_state_alone) {
    for (const Study* study : {&moons(), &images()}) {
        const train::Trainer trainer = trained(*study, short_training(), 2);
        const train::MemberState before = trainer.state();
        Observer observer(spec_of(*study, short_training()));
        const Observation first = observer.look(trainer.state());
        const Observation second = observer.look(trainer.state());
        BOOST_TEST((trainer.state().parameters == before.parameters));
        BOOST_TEST((trainer.state().statistics == before.statistics));
        const Observation other = Observer(spec_of(*study, short_training())).look(before);
        for (const Observation* again : {&second, &other}) {
            check_same(first.parameters, again->parameters);
            check_same(first.gradients, again->gradients);
            check_same(first.activations, again->activations);
        }
        const Observation later = observer.look(trained(*study, short_training(), 3).state());
        BOOST_TEST(later.gradients.front().histogram.sum != first.gradients.front().histogram.sum);
    }
}

BOOST_AUTO_TEST_CASE(features_that_a_member_does_not_see_stay_unseen) {
    train::MemberSpec spec = spec_of(images(), short_training());
    spec.problem.feature_fraction = 0.5;
    const train::Trainer trainer = trained(images(), short_training(), 1);
    const Observation half = Observer(spec).look(trainer.state());
    const Observation all = Observer(spec_of(images(), short_training())).look(trainer.state());
    BOOST_TEST(half.activations.front().histogram.sum_of_squares != all.activations.front().histogram.sum_of_squares);
}

BOOST_AUTO_TEST_CASE(how_often_it_looks) {
    using train::epochs_between_looks;
    BOOST_TEST(epochs_between_looks(20, 400) == 1U);
    BOOST_TEST(epochs_between_looks(20, 50) == 1U);
    BOOST_TEST(epochs_between_looks(20, 49) == 2U);
    BOOST_TEST(epochs_between_looks(20, 1) == 50U);
    BOOST_TEST(epochs_between_looks(100, 400) == 1U);
    BOOST_TEST(epochs_between_looks(101, 400) == 2U);
    BOOST_TEST(epochs_between_looks(100000, 10) == 1000U);
    train::Hyperparameters h = short_training();  // six batches an epoch
    const Observer observer(spec_of(moons(), h));
    BOOST_TEST(observer.is_due(0));
    BOOST_TEST(!observer.is_due(1));
    BOOST_TEST(!observer.is_due(8));
    BOOST_TEST(observer.is_due(9));
    BOOST_TEST(observer.is_due(18));
}

BOOST_AUTO_TEST_CASE(what_it_takes_counts) {
    const train::Hyperparameters h = short_training();
    const std::size_t rows = moons().split.train.size();
    const train::Footprint without = train::footprint(moons().network, h, rows);
    const train::Footprint with = train::footprint(moons().network, h, rows, train::Observed::yes);
    BOOST_TEST(without.observation == 0U);
    BOOST_TEST(with.observation == Observer::bytes_of(moons().network, h, rows));
    BOOST_TEST(with.total() == without.total() + with.observation);
    const model::Program program(moons().network, h.batch, model::Program::Purpose::observation);
    BOOST_TEST(with.observation == program.bytes() + moons().network.buffer_size() * sizeof(float));
}

BOOST_AUTO_TEST_SUITE_END()
