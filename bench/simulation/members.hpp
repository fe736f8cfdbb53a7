#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "config/experiment.hpp"
#include "schedule/member_training.hpp"
#include "schedule/plan.hpp"

namespace ensemble::simulation {

/// How long members take.
struct Lengths {
    double mean_s = 60;
    double spread = 0.5;  ///< uniform within mean · (1 ± spread)
    std::uint64_t seed = 1;

    bool expected = true;  ///< the coordinator knows about how long each takes
    double error = 0;      ///< of that expectation: standard deviation of its logarithm
};

/// Of every member, by its index.
struct Drawn {
    std::vector<double> seconds;
    std::vector<schedule::MemberWork> work;  ///< as the coordinator expects it; empty where it is to expect nothing
};
[[nodiscard]] Drawn draw(const Lengths& given, std::size_t members);

/// An experiment whose test set has so many items of ten classes; what there is to train on is only for show.
[[nodiscard]] data::Source table_of(std::size_t items);

/// Members that do nothing but take their time, in pieces of `piece_s` at most, and then predict what depends on their
/// index alone.
[[nodiscard]] schedule::MakeTraining sleepers(const config::Experiment& experiment, const std::vector<double>& seconds,
                                              double piece_s);

/// What `member` predicts of some rows: probabilities [rows × classes].
void predict_rows(std::uint32_t member, const data::View& rows, std::span<float> predictions);

}  // namespace ensemble::simulation
