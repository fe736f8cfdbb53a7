#include "train/probe.hpp"

#include <optional>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(probe_tests)

namespace {

/// Remembers what it is shown.
struct Watcher final : train::Probe {
    std::vector<std::uint32_t> epochs;
    std::vector<std::uint64_t> updates;
    std::vector<std::size_t> records;
    std::vector<core::Buffer<float>> parameters;

    void look(const train::MemberState& state) override {
        epochs.push_back(state.epoch);
        updates.push_back(state.updates);
        records.push_back(state.history.size());
        parameters.push_back(state.parameters);
    }
    void finish(const train::MemberState&, const task::Scores&) override {}
};

train::MemberState train_watched(const Study& study, const train::Hyperparameters& h, Watcher& watcher,
                                 std::optional<train::MemberState> begun = std::nullopt) {
    train::Trainer trainer = begun ? train::Trainer(study.network, h, study.problem(), *begun, nullptr, &watcher)
                                   : train::Trainer(study.network, h, study.problem(), 0, nullptr, &watcher);
    while (!trainer.finished()) static_cast<void>(trainer.step());
    return trainer.state();
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_is_shown_the_beginning_and_every_epoch) {
    Watcher watcher;
    const train::MemberState state = train_watched(moons(), short_training(), watcher);
    BOOST_TEST(watcher.epochs == (std::vector<std::uint32_t>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST(watcher.updates == (std::vector<std::uint64_t>{0, 6, 12, 18, 24}), boost::test_tools::per_element());
    BOOST_TEST(watcher.records == (std::vector<std::size_t>{0, 1, 2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST((watcher.parameters.back() == state.parameters));
}

BOOST_AUTO_TEST_CASE(training_is_the_same_with_it) {
    for (const Study* study : {&moons(), &images()}) {
        Watcher watcher;
        const train::MemberState watched = train_watched(*study, short_training(), watcher);
        const train::MemberState alone = study->train(short_training());
        BOOST_TEST((watched.parameters == alone.parameters));
        BOOST_TEST((watched.statistics == alone.statistics));
        BOOST_TEST((watched.second_moment == alone.second_moment));
    }
}

BOOST_AUTO_TEST_CASE(who_goes_on_is_not_shown_the_beginning_again) {
    train::Trainer trainer(moons().network, short_training(), moons().problem(), 0);
    for (int step = 0; step < 8; ++step) static_cast<void>(trainer.step());  // into the second epoch
    Watcher watcher;
    static_cast<void>(train_watched(moons(), short_training(), watcher, trainer.state()));
    BOOST_TEST(watcher.epochs == (std::vector<std::uint32_t>{2, 3, 4}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(it_sees_boltzmann_machines_when_they_are_done) {
    const Study study("digits:train=120,test=20", "dense(16) sigmoid");
    train::Hyperparameters h = short_training();
    h.initialiser = model::Initialiser::rbm;
    h.rbm_epochs = 2;
    Watcher watcher;
    static_cast<void>(train_watched(study, h, watcher));
    BOOST_TEST(watcher.epochs.front() == 0U);
    BOOST_TEST(watcher.epochs.size() == 5U);
    const train::Trainer fresh(study.network, h, study.problem(), 0);
    BOOST_TEST((watcher.parameters.front() != fresh.state().parameters));
}

BOOST_AUTO_TEST_CASE(it_sees_what_is_trained_on_not_what_is_best) {
    Watcher watcher;
    const train::MemberState state = train_watched(moons(), impatient_training(0.1), watcher);
    BOOST_TEST_REQUIRE(state.epoch > state.best_epoch);
    BOOST_TEST(watcher.epochs.back() == state.epoch);
    BOOST_TEST((watcher.parameters.back() != state.parameters));
    BOOST_TEST((watcher.parameters.at(state.best_epoch) == state.parameters));
}

BOOST_AUTO_TEST_SUITE_END()
