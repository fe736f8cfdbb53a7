#include <boost/test/unit_test.hpp>

#include "bf16.hpp"
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
    check_resumes(images(), h, {1, 6});  // in the middle of an epoch
    BOOST_TEST((images().train(h).parameters != images().train(short_training()).parameters));
}

// What a member predicts follows from its parameters alone, wherever and whenever they are loaded.
BOOST_AUTO_TEST_CASE(evaluates_in_f32, *boost::unit_test::precondition(has_bf16)) {
    const train::MemberState state = moons().train(in_bf16(short_training()));
    train::Predictor predictor(moons().network);
    const auto evaluation = predictor.evaluate(train::weights_of(state), moons().problem().validation);
    BOOST_TEST(evaluation.loss == state.history.back().validation_loss);
}

BOOST_AUTO_TEST_SUITE_END()
