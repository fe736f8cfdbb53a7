#include <boost/test/unit_test.hpp>

#include "bf16.hpp"
#include "compute/prepared_pool.hpp"
#include "train/predictor.hpp"
#include "train/resuming.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(precision_tests)

namespace {

train::Hyperparameters in_bf16(train::Hyperparameters h) {
    h.precision = compute::Precision::bf16;
    return h;
}

/// Layers that are large enough for bf16.
const Study& wide() {
    static const Study study("moons:train=200,test=100", "dense(64) relu dropout(0.2) dense(64) tanh");
    return study;
}

/// Mean accuracy of three members on the validation rows.
double accuracy(const Study& study, const train::Hyperparameters& h) {
    double sum = 0;
    for (std::uint32_t member = 0; member < 3; ++member) sum += study.train(h, member).history.back().validation_score;
    return sum / 3;
}

}  // namespace

BOOST_AUTO_TEST_CASE(learns_as_well_as_in_f32, *boost::unit_test::precondition(has_bf16)) {
    for (const char* net : {"dense(64) relu dropout(0.2)", "conv(16, 3) relu maxpool(2) conv(16, 3) relu maxpool(2)"}) {
        const Study study("digits:train=2000,test=10", net);
        train::Hyperparameters h;
        h.epochs = 8;
        h.learning_rate = 3e-3;
        const double wide = accuracy(study, h);
        const double narrow = accuracy(study, in_bf16(h));
        BOOST_TEST(wide > 0.8, net << ": " << wide);
        // Twice the standard deviation of a share of 600 rows at 0.9.
        BOOST_TEST(narrow > wide - 0.025, net << ": " << narrow << " against " << wide);
    }
}

BOOST_AUTO_TEST_CASE(goes_on_where_it_stopped, *boost::unit_test::precondition(has_bf16)) {
    const train::Hyperparameters h = in_bf16(short_training());
    const Study steps("digits:train=120,test=20", "maxpool(4) lstm(32, sequence) gru(32)");
    check_resumes(wide(), h, {1, 6});  // in the middle of an epoch
    check_resumes(images(), h, {1, 6});
    check_resumes(steps, h, {3});
    const auto with = [&](auto change) {
        train::Hyperparameters changed = h;
        change(changed);
        check_resumes(wide(), changed, {3, 6});
        BOOST_TEST((wide().train(changed).parameters != wide().train(h).parameters));
    };
    // What changes parameters beside the optimiser, or later than their gradient is final: the copy in bf16 that a
    // trainer keeps has to be that which another makes.
    with([](auto& c) { c.max_norm = 0.5; });
    with([](auto& c) { c.clip_norm = 0.5; });
    with([](auto& c) { c.adversarial = 0.05; });
    with([](auto& c) { c.average = train::AverageKind::ema; });
    for (const auto kind : {train::OptimizerKind::sgd, train::OptimizerKind::momentum, train::OptimizerKind::rmsprop})
        with([&](auto& c) { c.optimizer = kind; });
    for (const Study* study : {&wide(), &steps})
        BOOST_TEST((study->train(h).parameters != study->train(short_training()).parameters));
}

BOOST_AUTO_TEST_CASE(threads_change_no_bit, *boost::unit_test::precondition(has_bf16)) {
    const Study study("digits:train=200,test=20", "dense(512) relu dropout(0.2) dense(512) relu");
    compute::PreparedPool pool;
    pool.resize(2);
    train::Hyperparameters h = in_bf16(short_training());
    h.epochs = 1;
    for (const double max_norm : {0.0, 0.5}) {
        h.max_norm = max_norm;
        train::Trainer trainer(study.network, h, study.problem(), 0, &pool);
        while (!trainer.finished()) static_cast<void>(trainer.step());
        BOOST_TEST((trainer.state().parameters == study.train(h).parameters));
    }
}

// What a member predicts follows from its parameters alone, wherever and whenever they are loaded.
BOOST_AUTO_TEST_CASE(evaluates_in_f32, *boost::unit_test::precondition(has_bf16)) {
    const train::MemberState state = wide().train(in_bf16(short_training()));
    train::Predictor predictor(wide().network);
    const auto evaluation = predictor.evaluate(train::weights_of(state), wide().problem().validation);
    BOOST_TEST(evaluation.loss == state.history.back().validation_loss);
}

BOOST_AUTO_TEST_SUITE_END()
