#pragma once

#include <vector>

#include <boost/test/unit_test.hpp>

#include "train/study.hpp"

/// Stops a training after so many steps, goes on from its state with another trainer, and holds the end against that of
/// a training that never stopped.
inline void check_resumes(const Study& study, const ensemble::train::Hyperparameters& h,
                          const std::vector<int>& stops) {
    const ensemble::train::MemberState whole = study.train(h, 1);
    for (const int stop : stops) {
        ensemble::train::Trainer begun(study.network, h, study.problem(), 1);
        for (int i = 0; i < stop && !begun.finished(); ++i) static_cast<void>(begun.step());
        ensemble::train::Trainer resumed(study.network, h, study.problem(), begun.state());
        while (!resumed.finished()) static_cast<void>(resumed.step());
        const ensemble::train::MemberState& state = resumed.state();
        BOOST_TEST((state.parameters == whole.parameters), "stopped after " << stop);
        BOOST_TEST((state.first_moment == whole.first_moment));
        BOOST_TEST((state.second_moment == whole.second_moment));
        BOOST_TEST((state.statistics == whole.statistics));
        BOOST_TEST(state.averaged == whole.averaged);
        BOOST_TEST_REQUIRE(state.history.size() == whole.history.size());
        for (std::size_t i = 0; i < whole.history.size(); ++i) {
            BOOST_TEST(state.history[i].train_loss == whole.history[i].train_loss);
            BOOST_TEST(state.history[i].validation_loss == whole.history[i].validation_loss);
            BOOST_TEST((state.history[i].gradient_norm == whole.history[i].gradient_norm));
        }
    }
}
