#include "train/dropout_passes.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "compute/prepared_pool.hpp"
#include "data/split.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(dropout_passes_tests)

namespace {

train::MemberSpec spec_of(const Study& study, std::uint32_t member) {
    return {.index = member, .network = &study.network, .training = {}, .problem = study.problem()};
}

}  // namespace

// One unit that is always 1 in front of dropout(0.2): its logit is 0 in a fifth of the passes, else 2/0.8.
BOOST_AUTO_TEST_CASE(the_mean_over_passes_is_that_over_masks) {
    const Study study("moons:train=200,test=100", "dense(1) dropout(0.2)");
    std::vector<float> parameters(study.network.buffer_size(), 0.0F);
    parameters[study.network.blocks()[1].offset] = 1;  // the unit's bias
    parameters[study.network.blocks()[2].offset] = 2;  // its weight into the first logit
    const auto view = data::test_view(study.source, study.split);
    train::DropoutPasses passes(spec_of(study, 0));
    constexpr std::size_t count = 400;
    std::vector<float> p(view.size() * 2);
    double sum = 0;
    std::vector<double> by_row(view.size());
    for (std::size_t pass = 0; pass < count; ++pass) {
        passes.predict({parameters, {}}, view, pass, p);
        for (std::size_t row = 0; row < view.size(); ++row) by_row[row] += p[2 * row] / count;
    }
    const double kept = 1 / (1 + std::exp(-2 / 0.8));
    const double expected = 0.8 * kept + 0.2 * 0.5;
    const double deviation = (kept - 0.5) * std::sqrt(0.2 * 0.8);  // of one pass
    for (const double mean : by_row) sum += mean / static_cast<double>(view.size());
    BOOST_TEST(std::abs(sum - expected) < 4 * deviation / std::sqrt(double(count * view.size())));
    // Of each row by itself: its masks differ from pass to pass.
    for (const double mean : by_row) BOOST_TEST(std::abs(mean - expected) < 5 * deviation / std::sqrt(double(count)));
}

BOOST_AUTO_TEST_CASE(a_pass_depends_on_member_pass_and_row_alone) {
    const Study& study = moons();
    const train::MemberState state = study.train(short_training());
    const train::Weights weights = train::weights_of(state);
    const data::View view = data::test_view(study.source, study.split);
    const auto predicted = [&](std::uint32_t member, std::size_t pass, const data::View& rows,
                               core::ThreadPool* pool = nullptr) {
        train::DropoutPasses passes(spec_of(study, member), pool);
        std::vector<float> out(rows.size() * 2);
        passes.predict(weights, rows, pass, out);
        return out;
    };
    const std::vector<float> first = predicted(1, 3, view);
    BOOST_TEST((predicted(1, 3, view) == first));
    BOOST_TEST((predicted(1, 4, view) != first));
    BOOST_TEST((predicted(2, 3, view) != first));
    compute::PreparedPool pool;
    pool.resize(3);
    BOOST_TEST((predicted(1, 3, view, &pool) == first));
    std::vector<std::uint32_t> backwards(view.rows.rbegin(), view.rows.rend());
    backwards.resize(70);
    const std::vector<float> others = predicted(1, 3, {view.table, backwards});
    for (std::size_t row = 0; row < backwards.size(); ++row)
        for (std::size_t i = 0; i < 2; ++i) BOOST_TEST(others[2 * row + i] == first[2 * (view.size() - 1 - row) + i]);
    // Nor are they the masks with which evaluation forgets to switch dropout off.
    train::Hyperparameters h;
    h.evaluate_with_dropout = true;
    train::Predictor mistaken(study.network, {.masks = train::evaluation_masks(h, 1, 1)});
    std::vector<float> mistake(first.size());
    mistaken.predict(weights, view, mistake);
    BOOST_TEST((predicted(1, 0, view) != mistake));
}

BOOST_AUTO_TEST_SUITE_END()
