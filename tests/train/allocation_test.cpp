#include <boost/test/unit_test.hpp>

#include "compute/prepared_pool.hpp"
#include "counting_allocator.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(allocation_tests)

BOOST_AUTO_TEST_CASE(steps_within_an_epoch_allocate_nothing) {
    const Study study("digits:train=200,test=20", "dense(32) relu dropout(0.2) dense(16) relu");
    train::Hyperparameters h;
    h.batch = 18;  // ten batches, once to measure and once to learn for each of two layers, then training
    h.initialiser = model::Initialiser::rbm;
    h.rbm_epochs = 1;
    h.average = train::AverageKind::ema;
    h.max_norm = 1;
    h.label_smoothing = 0.1;
    h.adversarial = 0.01;
    train::Trainer trainer(study.network, h, study.problem(), 0);
    for (std::size_t step = 0; step < 60; ++step) {
        const std::size_t before = allocations;
        static_cast<void>(trainer.step());
        const bool is_inside = step % 10 > 0 && step % 10 < 9;
        if (is_inside) BOOST_TEST(allocations == before, "step " << step);
    }
    BOOST_TEST(trainer.state().epoch == 2U);
}

BOOST_AUTO_TEST_CASE(who_looks_into_it_is_told_at_the_ends_of_epochs_alone) {
    struct Counter final : train::Probe {
        int looks = 0;
        void look(const train::MemberState&) override { ++looks; }
        void finish(const train::MemberState&, const task::Scores&) override {}
    };
    const Study study("digits:train=200,test=20", "dense(32) relu dropout(0.2)");
    train::Hyperparameters h;
    h.batch = 18;  // ten batches
    Counter counter;
    train::Trainer trainer(study.network, h, study.problem(), 0, nullptr, &counter);
    for (int step = 0; step < 30; ++step) {
        const std::size_t before = allocations;
        static_cast<void>(trainer.step());
        if (step % 10 > 0 && step % 10 < 9) BOOST_TEST(allocations == before, "step " << step);
        BOOST_TEST(counter.looks == 1 + (step + 1) / 10);
    }
}

BOOST_AUTO_TEST_CASE(nor_do_those_of_a_team) {
    const Study study("digits:train=1000,test=20", "dense(512) relu dropout(0.2) dense(512) relu");
    train::Hyperparameters h;
    h.batch = 100;
    compute::PreparedPool pool;
    pool.resize(2);
    train::Trainer trainer(study.network, h, study.problem(), 0, &pool);
    static_cast<void>(trainer.step());
    const std::size_t before = allocations;
    for (std::size_t step = 1; step < 7; ++step) static_cast<void>(trainer.step());
    BOOST_TEST(allocations == before);
    BOOST_TEST(trainer.state().epoch == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
